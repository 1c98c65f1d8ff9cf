"""Names of people, as frequent as in life: by birth decade, sex and people (民族). Tables are our own estimates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from zhigong.generator.arrow import pa, pc
from zhigong.generator.draw import Column, chance, pick
from zhigong.generator.texts import Text, choose, join, spread

_FIGURES = "0123456789."
_SURNAMES = (
    "王72 李71 张68 刘54 陈46 杨31 黄22 赵22 吴20 周20 徐15 孙15 马13 朱13 胡13 郭12 何12 高11 "
    "林11 罗9 郑9 梁8 谢8 宋7 唐7 许7 韩7 邓6 冯6 曹6 彭6 曾5 萧1 肖5 田5 董5 "
    "潘5 袁5 蔡5 蒋5 余5 于5 杜4 叶4 程4 魏4 苏4 吕4 丁4 任4 卢4 姚4 沈4 钟3 "
    "姜3 崔3 谭3 陆3 范3 汪3 廖3 石3 金3 韦2 贾2 夏2 付3 方3 邹3 熊2 白2 孟2 "
    "秦2 邱2 侯2 江2 尹2 薛2 闫2 段2 雷2 龙2 史2 陶2 贺2 毛2 郝2 顾2 龚2 邵2 "
    "万2 覃1 武1 钱2 戴2 严2 莫1 孔1 向1 常1 汤1 康1 易1 乔1 赖1 文1 倪1 施1 "
    "樊1 柳1 章2 鲁1 葛1 俞1 单0.5 查0.5 仇0.3 区0.3 欧阳1.1 上官0.3 司马0.3 诸葛0.2 东方0.1 令狐0.1 尉迟0.05 夏侯0.1 "
    "皇甫0.1 慕容0.05 "
)
_ERAS = {
    1900: (
        "国建志文德玉明永光金福长家祥世",
        "华明祥林生发荣贵庆根福才德海山",
        "秀桂玉淑凤素月翠兰美春惠金菊",
        "英珍兰芳华荣莲香云琴娥仙花凤珠",
        0.74,
        "明强华军贵福生",
        "英兰珍秀芳云凤",
    ),
    1960: (
        "建国志卫永晓文明小海新学红光利",
        "军国平明华强林民辉忠伟东生斌勇",
        "秀丽玉红桂小淑春晓爱美建燕凤",
        "英芳梅红华玲霞萍琴敏兰娟珍云丽",
        0.62,
        "军勇伟强斌涛明峰刚",
        "敏静丽霞燕红芳玲萍",
    ),
    1980: (
        "志建文晓俊小海国永振明少立宏晨",
        "伟强军鹏飞峰波辉亮涛杰斌超龙磊",
        "晓丽海小文雪玉燕春艳红亚慧佳",
        "娟丽静敏燕玲霞艳娜芳萍梅华云洁",
        0.52,
        "伟磊涛超鹏杰军强波勇",
        "静丽娜艳敏洁婷燕娟倩",
    ),
    1990: (
        "志文俊子嘉家晓天宇浩明思博佳少",
        "杰豪鹏辉宇斌伟轩龙涛文强凯浩鑫",
        "思佳雨梦晓雅文诗慧晓欣嘉美婉",
        "婷怡雪琪颖瑶玲慧莹敏静萍倩雯琳",
        0.63,
        "鑫杰帅超浩凯鹏宇磊",
        "婷雪颖倩琳悦莹丹静",
    ),
    2000: (
        "子浩宇梓俊嘉博天思文泽睿奕家明",
        "轩涵豪宇辰熙杰泽阳然博航睿凯鑫",
        "梓欣雨诗思子雅可语嘉佳梦若紫",
        "涵怡萱妍彤琪妮瑶轩悦颖琳婷雯馨",
        0.86,
        "浩轩睿鑫宇博杰",
        "悦妍颖萱雪彤婷",
    ),
    2010: (
        "子沐梓浩宇奕一亦俊铭宸泽景皓星",
        "轩泽宸辰然熙晨阳霖航睿言涵煜珩",
        "梓若沐依一语诗艺欣可雨苡芷伊",
        "汐萱涵诺彤妍桐琪瑶悦宁依橙玥柠",
        0.93,
        "睿煜晨铭宸轩",
        "悦玥妍汐诺萱",
    ),
}
"""From a birth year on: first and second characters for men, for women (falling frequency), share of two-character
given names, and one-character given names for men and women."""

_RARE = ("䶮", "𫖯", "㛃", "㛃")
"""Characters outside GBK: men, men, women, women."""
RARE_SHARE = 0.0012

_PEOPLES = "汉932 回14 土家11 苗11 壮10 满7 彝5 蒙古3 侗2 维吾尔2.5 藏1.5 哈萨克0.5 傣0.5"
PEOPLES = tuple((word.rstrip(_FIGURES), float(word[len(word.rstrip(_FIGURES)) :])) for word in _PEOPLES.split())
"""The peoples of the city by thousandths; most of those of `_LONG_NAMES` write given name · father's name."""
_LONG_NAMES = {
    "维吾尔": (
        "买买提 艾合买提 阿迪力 吐尔逊 库尔班 依明 玉素甫 阿不都热合曼 艾尔肯 帕尔哈提 热西提 努尔买买提",
        "古丽娜尔 阿依古丽 帕提古丽 热孜万古丽 米日古丽 祖丽菲亚 阿孜古丽 迪丽努尔",
    ),
    "哈萨克": ("叶尔肯 巴合提 努尔兰 赛力克 阿依丁 胡安什", "阿依努尔 古丽扎提 阿勒腾 加娜尔 沙吾列"),
    "藏": ("扎西 多吉 次仁 丹增 旺堆 洛桑 格桑 平措", "卓玛 央金 拉姆 白玛 德吉 曲珍 梅朵 仓央"),
}
DOT = "·"


@dataclass(frozen=True)
class Naming:
    """The columns that decide a name: sex (1, 2), birth year, index into PEOPLES, index into surnames()."""

    sex: Column
    year: Column
    people: Column
    surname: Column


@cache
def _surname_table() -> tuple[tuple[str, ...], Column]:
    words = _SURNAMES.split()
    stems = tuple(word.rstrip(_FIGURES) for word in words)
    weights = np.array([float(word[len(stem) :]) for word, stem in zip(words, stems, strict=True)])
    return stems, weights


def surnames() -> tuple[str, ...]:
    """All surnames, compound ones last."""
    return _surname_table()[0]


def draw_surnames(rng: np.random.Generator, size: int) -> Column:
    """Indices into surnames()."""
    return pick(rng, _surname_table()[1], size)


def draw_peoples(rng: np.random.Generator, size: int) -> Column:
    """Indices into PEOPLES."""
    return pick(rng, [weight for _, weight in PEOPLES], size)


def full_names(rng: np.random.Generator, who: Naming) -> Text:
    """One full name per row; a few carry characters outside GBK, some peoples a dot."""
    size = len(who.sex)
    given = _given(rng, who)
    names = join(spread(surnames(), who.surname), given)
    rare = chance(rng, RARE_SHARE, size)
    odd = np.array([0, 2])[who.sex - 1] + rng.integers(0, 2, size)
    names = choose(rare, join(spread(surnames(), who.surname), spread(_RARE, odd)), names)
    for people, (men, women) in _LONG_NAMES.items():
        mask = who.people == [name for name, _ in PEOPLES].index(people)
        long = _long(rng, who.sex[mask], men.split(), women.split(), dotted=people != "藏")
        names = pc.replace_with_mask(names, pa.array(mask), pa.array(long, pa.string()))
    return names


def _long(rng: np.random.Generator, sex: Column, men: list[str], women: list[str], *, dotted: bool) -> Column:
    own = np.where(
        sex == 1,
        np.array(men)[rng.integers(0, len(men), len(sex))],
        np.array(women)[rng.integers(0, len(women), len(sex))],
    )
    if dotted:
        tail = np.array(men)[rng.integers(0, len(men), len(sex))]
        return np.array([f"{a}{DOT}{b}" for a, b in zip(own, tail, strict=True)], dtype=object)
    tail = np.array(["", *men])[rng.integers(0, len(men) + 1, len(sex))]
    return np.array([f"{b}{a}" if a != b else a for a, b in zip(own, tail, strict=True)], dtype=object)


def _given(rng: np.random.Generator, who: Naming) -> Text:
    """Given names: a flat vocabulary of era × sex × position, indexed by row."""
    starts = np.array(list(_ERAS))
    era = np.searchsorted(starts, who.year, side="right") - 1
    group = era * 2 + (who.sex - 1)
    first, first_at, first_len = _flat(0)
    second, second_at, second_len = _flat(1)
    alone, alone_at, alone_len = _flat(5)
    double = rng.random(len(group)) < np.array([row[4] for row in _ERAS.values()])[era]
    one = spread(first, first_at[group] + _falling(rng, first_len[group]))
    two = spread(second, second_at[group] + _falling(rng, second_len[group]))
    only = spread(alone, alone_at[group] + _falling(rng, alone_len[group]))
    return choose(double, join(one, two), only)


def _falling(rng: np.random.Generator, lengths: Column) -> Column:
    """Positions in lists of the given lengths, the first ones more often."""
    return (lengths * rng.random(len(lengths)) ** 1.35).astype(np.int64)


@cache
def _flat(position: int) -> tuple[list[str], Column, Column]:
    """The characters of one position for all eras and sexes end to end, with the start and length of each group."""
    step = 1 if position == 5 else 2
    groups = [str(row[position + step * sex]) for row in _ERAS.values() for sex in (0, 1)]
    lengths = np.array([len(group) for group in groups])
    return list("".join(groups)), np.cumsum(lengths) - lengths, lengths
