"""How surnames are read: 《现代汉语词典》, and by the larger group where regions differ."""

from __future__ import annotations

# One reading per first character, whatever follows it: see names.sort_key.
SURNAME_READINGS = {
    **{"单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "盖": "ge", "查": "zha", "朴": "piao"},
    **{"任": "ren", "缪": "miao", "翟": "zhai", "卜": "bu", "种": "chong", "秘": "bi", "覃": "qin", "召": "shao"},
    **{"薄": "bo", "洗": "xian", "冼": "xian", "那": "na", "乜": "nie", "员": "yun", "贠": "yun", "黑": "he"},
    **{"尉": "yu", "繁": "po", "折": "she", "阚": "kan", "隗": "wei", "长": "zhang", "乐": "yue", "澹": "tan"},
    **{"句": "gou", "角": "jue", "祭": "zhai", "都": "du", "藏": "zang", "么": "yao", "能": "nai", "於": "yu"},
    **{"莘": "shen", "炅": "gui", "拓": "tuo", "撒": "sa", "適": "kuo", "华": "hua", "柏": "bai", "葛": "ge"},
    **{"宁": "ning", "盛": "sheng", "纪": "ji", "石": "shi", "燕": "yan", "应": "ying", "沈": "shen", "佴": "nai"},
    **{"郇": "xun", "眭": "sui", "逄": "pang", "贾": "jia", "俞": "yu", "曲": "qu", "车": "che", "晁": "chao"},
    **{"谌": "chen", "宓": "mi", "重": "chong", "行": "xing", "相": "xiang", "尹": "yin", "万": "wan", "牟": "mou"},
    **{"郗": "xi", "臧": "zang", "粘": "nian", "占": "zhan", "呼": "hu", "降": "jiang", "强": "qiang", "咸": "xian"},
    **{"褚": "chu", "费": "fei", "殷": "yin", "夏": "xia", "洪": "hong", "景": "jing", "谷": "gu", "瞿": "qu"},
}

# Surnames of two characters, with the initials of their own readings.
COMPOUND_INITIALS = {
    **{"欧阳": "oy", "上官": "sg", "司马": "sm", "诸葛": "zg", "东方": "df", "皇甫": "hf", "尉迟": "yc", "公孙": "gs"},
    **{"慕容": "mr", "令狐": "lh", "司徒": "st", "夏侯": "xh", "长孙": "zs", "宇文": "yw", "轩辕": "xy", "万俟": "mq"},
    **{"单于": "cy", "澹台": "tt", "淳于": "cy", "鲜于": "xy", "申屠": "st", "呼延": "hy", "南宫": "ng", "赫连": "hl"},
    **{"钟离": "zl", "闻人": "wr", "独孤": "dg", "拓跋": "tb", "濮阳": "py", "太史": "ts", "端木": "dm", "百里": "bl"},
    **{"仲孙": "zs", "司空": "sk", "西门": "xm", "南门": "nm", "东郭": "dg", "公冶": "gy", "宗政": "zz", "乐正": "yz"},
    **{"漆雕": "qd", "夹谷": "jg", "谷梁": "gl", "左丘": "zq", "东门": "dm", "第五": "dw", "呼和": "hh", "哥舒": "gs"},
}
COMPOUND_SURNAMES = frozenset(COMPOUND_INITIALS)
