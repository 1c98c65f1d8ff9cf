"""Industries of the fictional city: how common, how large, how female, how paid, and how their firms are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Industry:
    """One division of GB/T 4754-2017. wage: median yuan a month. size: of firms, relative. weight: share of firms."""

    code: str
    weight: float
    size: float
    female: float
    wage: int
    words: str
    jobs: str


INDUSTRIES = (
    Industry("C13", 5, 1.2, 0.48, 5600, "食品 粮油 乳业 茶业 调味品 豆制品", "投料工 包装工 质检员 冷库工"),
    Industry("C17", 4, 1.6, 0.66, 5400, "纺织 棉纺 针织 印染 家纺 丝绸", "挡车工 验布工 染色工 保全工"),
    Industry("C18", 4, 1.4, 0.72, 5300, "服装 服饰 制衣 鞋业 羽绒 工装", "缝纫工 裁剪工 整烫工 质检员"),
    Industry("C26", 4, 1.3, 0.30, 7200, "化工 新材料 涂料 精细化工 助剂 日化", "操作工 化验员 仪表工 罐区工"),
    Industry("C30", 3, 1.1, 0.24, 6400, "建材 水泥制品 玻璃 陶瓷 石材 新型墙材", "窑炉工 破碎工 叉车工 维修工"),
    Industry("C33", 5, 1.0, 0.26, 6600, "金属制品 五金 模具 钢结构 精密铸造 紧固件", "冲压工 焊工 钳工 数控操作工"),
    Industry("C34", 6, 1.4, 0.25, 7300, "机械 机械制造 轴承 泵业 阀门 传动", "车工 铣工 装配工 钳工"),
    Industry("C36", 4, 2.4, 0.28, 7900, "汽车部件 汽车零部件 车业 车灯 汽配 内饰", "装配工 喷漆工 焊工 检验员"),
    Industry("C38", 4, 1.8, 0.36, 7500, "电气 电缆 电机 照明 新能源 储能", "装配工 绕线工 电工 测试员"),
    Industry("C39", 4, 2.6, 0.46, 8200, "电子 光电 半导体 通信设备 显示技术 传感", "贴片工 测试员 工艺员 维修技师"),
    Industry("D44", 1, 2.2, 0.26, 9800, "热电 供电服务 电力工程", "运行值班员 线路工 锅炉工 检修工"),
    Industry("E47", 6, 1.9, 0.14, 6600, "建设 建筑工程 建工 市政工程 路桥 安装工程", "架子工 钢筋工 木工 瓦工"),
    Industry("E50", 3, 0.7, 0.18, 6200, "装饰 装饰工程 幕墙 消防工程", "油漆工 水电工 瓦工 安装工"),
    Industry("F51", 7, 0.5, 0.46, 5800, "贸易 商贸 物资 进出口 供应链 农资", "业务员 仓管员 采购员 会计"),
    Industry("F52", 8, 0.5, 0.58, 5000, "超市 百货 药房 家电 汽车销售 连锁便利店", "营业员 收银员 理货员 导购"),
    Industry("G54", 5, 1.2, 0.16, 7100, "物流 运输 货运 公交 客运 冷链", "货车司机 公交驾驶员 装卸工 调度员"),
    Industry("G60", 2, 1.6, 0.18, 6900, "速递 快运 城配", "快递员 分拣员 站点负责人 骑手"),
    Industry("H61", 3, 0.8, 0.60, 4700, "酒店 宾馆 度假村", "客房服务员 前台 厨师 保安员"),
    Industry("H62", 6, 0.5, 0.56, 4700, "餐饮 餐饮管理 饮食 小吃", "厨师 服务员 面点师 洗碗工"),
    Industry(
        "I65",
        4,
        1.0,
        0.36,
        11500,
        "软件 信息技术 网络科技 数据服务 智能科技",
        "软件工程师 测试工程师 运维工程师 产品经理",
    ),
    Industry("J66", 1, 2.6, 0.52, 12000, "村镇银行 小额贷款 融资担保", "柜员 客户经理 风控专员"),
    Industry("K70", 4, 0.9, 0.48, 5600, "物业 物业管理 置业 房产经纪", "保安员 保洁员 房产中介员 工程维修"),
    Industry("L72", 5, 0.7, 0.46, 6100, "人力资源 广告 会展 企业管理 保安服务 劳务", "派遣员工 保安员 策划 文员"),
    Industry("M74", 2, 0.8, 0.36, 9400, "检测技术 设计 勘测 工程咨询", "检测员 设计师 测绘员 监理员"),
    Industry("N78", 2, 1.8, 0.50, 4400, "环卫 环境工程 园林绿化 水务", "环卫工 绿化工 管道工 清运司机"),
    Industry("O80", 3, 0.4, 0.52, 4900, "家政 汽修 洗涤 美容 养老服务", "家政服务员 护理员 汽修工 美容师"),
)
PRIVATE_FORMS = (
    ("有限公司", 72, 170),
    ("股份有限公司", 6, 160),
    ("有限责任公司", 12, 159),
    ("集团有限公司", 3, 159),
    ("厂", 3, 120),
)
"""Ending of the name, share, registration type (GB/T 12402 as issued to cadres)."""


@dataclass(frozen=True)
class Institution:
    """A kind of public body: never in the market-regulation file. kind: first two digits of its credit code."""

    branch: str
    weight: float
    size: float
    female: float
    wage: int
    kind: int
    pattern: str
    jobs: str


INSTITUTIONS = (
    Institution("P83", 26, 0.9, 0.66, 8400, 12, "{district}{street}第{n}小学", "教师 教务员 校医 后勤"),
    Institution("P83", 16, 1.5, 0.60, 8900, 12, "{district}第{n}中学", "教师 教务员 实验员 后勤"),
    Institution("P83", 14, 0.5, 0.92, 5600, 52, "{district}{street}第{n}幼儿园", "教师 保育员 炊事员 保健员"),
    Institution("P83", 2, 4.0, 0.54, 10400, 12, "{district}第{n}职业技术学校", "教师 辅导员 实训教师 图书管理员"),
    Institution("Q84", 5, 6.0, 0.72, 9600, 12, "{district}第{n}人民医院", "医师 护士 药师 护工"),
    Institution("Q84", 12, 0.8, 0.68, 7600, 12, "{street}第{n}社区卫生服务中心", "医师 护士 公卫医师 药师"),
    Institution("S92", 12, 0.8, 0.40, 8700, 11, "{district}第{n}机关服务中心", "科员 文员 驾驶员 窗口人员"),
    Institution("S92", 9, 0.9, 0.44, 8000, 12, "{street}第{n}便民服务中心", "窗口人员 网格员 社工 文员"),
    Institution("N77", 4, 1.0, 0.30, 7400, 12, "{district}第{n}水利管理站", "闸管员 技术员 测量员"),
)
INDUSTRIAL_UNIONS = (
    ("教育", ("P83",)),
    ("交通运输", ("G54", "G60")),
    ("住房和城乡建设", ("E47", "E50")),
    ("卫生健康", ("Q84",)),
    ("机关事业单位", ("S92", "N77")),
    ("机械冶金", ("C33", "C34", "C36")),
)
"""City-level industrial unions (产业工会) and the industries whose larger units join them instead of a street union."""
ZONES = (
    ("云泽经济技术开发区", 990_104),
    ("云泽高新技术产业园区", 990_103),
    ("临浦港口物流园区", 990_108),
)
"""Development zones whose unions stand beside the street unions of the given district."""
NEW_FORMS = ("外卖配送", "货运", "网约车", "快递", "家政服务", "护工护理")
"""Trades of the new forms of employment (新就业形态)."""

FIRST = (
    "恒华宏鑫瑞泰盛金永兴安德中天新东海明星康源祥佳汇众联诚信博远飞翔"
    "龙凤江云泽春和顺丰通达美格利民国正大光荣志邦优卓锦嘉亿万隆昌"
)
SECOND = (
    "达泰盛源丰和兴隆顺昌茂安康宁祥瑞宇飞腾翔辉煌业成功旺发展华美佳联"
    "邦信德诚立创新通联程远航旭升阳光晨星辰海川岳峰林森鼎铭铖"
)
