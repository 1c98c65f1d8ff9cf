"""The fictional city of Yunze (云泽): its divisions, and the fictional places its people come from.

Every code starts with 99, a prefix that GB/T 2260 has never assigned: no number made here can be a real person's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

CITY = 990_100
PROVINCE = 990_000
COLUMNS = ("code", "name", "parent", "level", "valid_from", "valid_to")


@dataclass(frozen=True)
class Division:
    """One row of divisions.csv; level is province, city, district, street or elsewhere (a county of another city)."""

    code: int
    name: str
    parent: int
    level: str
    valid_from: str
    valid_to: str = ""


_DISTRICTS = (
    (990_102, "望泽区", "1983-07-01", "云阁 东桥 西桥 南浦 钟楼 学宫 锦绣 滨河 朝晖 新安 望湖 百花"),
    (990_103, "云渡区", "1983-07-01", "渡口 江堤 船厂 码头 红旗 和平 解放 铁山 文昌 长虹 春晓 石板"),
    (990_104, "鹭洲区", "2005-09-28", "鹭鸣 沙洲 芦苇 新港 海棠 荷塘 星光 科创 银杏 会展 清波 白沙"),
    (990_107, "青麓区", "2016-02-04", "青山 麓南 茶亭 松涛 白鹤 云台 凤栖 龙泉 枫林 石门 大岭"),
    (990_108, "临浦区", "2005-09-28", "浦东街 浦西街 盐仓 虹桥 五里 柳林 丰乐 兴隆 南闸 北闸 三汊"),
    (990_121, "松岭县", "1949-05-10", "松城 玉屏 双溪 关帝 黄坪 梅岭 杨柳 大湾 石坎 竹园"),
    (990_123, "白芷县", "1949-05-10", "白芷 洛水 柏林 万福 高桥 双河 金鸡 月塘 九曲 马店"),
    (990_124, "禾川县", "1952-11-15", "禾城 川口 丰登 上禾 下禾 稻香 仓前 平安 永和 太平"),
)
"""Code, name, since when, and the names of its streets (街道), or towns and townships in a county."""

_ABOLISHED = (
    (990_105, "旧城区", "1983-07-01", "2012-06-30"),
    (990_122, "青麓县", "1949-05-10", "2016-02-03"),
    (990_101, "市辖区", "1983-07-01", "2005-12-31"),
)
"""Districts that are gone; people first registered there still carry their codes."""

_ELSEWHERE = (
    (990_200, "南屿市", "海宴县 桑浦县 屿东区"),
    (990_300, "朔岭市", "柏乡区 黑石县 长风县"),
    (990_400, "桂汀市", "漓北县 榕溪县 汀州区"),
    (990_500, "安垄市", "垄西县 古井县 三塬县"),
    (990_600, "滇澜市", "澜西彝族自治县 勐瓦县 普者县"),
    (990_700, "昆仑木市", "雪山县 胡杨县 玉河区"),
)


def _streets(code: int, names: str, since: str) -> list[Division]:
    county = str(code)[4] == "2"
    rows = []
    for place, stem in enumerate(names.split()):
        if not county:
            tail, serial = "街道", place + 1
        elif place < 7:
            tail, serial = "镇", 100 + place
        else:
            tail, serial = "乡", 200 + place - 7
        rows.append(Division(code * 1000 + serial, stem.removesuffix("街") + tail, code, "street", since))
    return rows


@cache
def all_divisions() -> tuple[Division, ...]:
    """Every row of divisions.csv, in its order."""
    rows = [
        Division(PROVINCE, "江泽省", 0, "province", "1949-10-01"),
        Division(CITY, "云泽市", PROVINCE, "city", "1983-07-01"),
    ]
    rows += [Division(code, name, CITY, "district", since) for code, name, since, _ in _DISTRICTS]
    rows += [Division(code, name, CITY, "district", since, until) for code, name, since, until in _ABOLISHED]
    for code, _, since, names in _DISTRICTS:
        rows += _streets(code, names, max(since, "1983-07-01"))
    for city, name, counties in _ELSEWHERE:
        rows.append(Division(city, name, PROVINCE, "city", "1983-07-01"))
        for place, county in enumerate(counties.split()):
            serial = (2 if county.endswith("区") else 21) + place
            rows.append(Division(city + serial, county, city, "district", "1983-07-01"))
    return tuple(rows)


def districts() -> tuple[Division, ...]:
    """The eight districts and counties of today."""
    return tuple(row for row in all_divisions() if row.parent == CITY and not row.valid_to)


def former_districts() -> tuple[Division, ...]:
    """Districts of the city that have been abolished."""
    return tuple(row for row in all_divisions() if row.parent == CITY and row.valid_to)


def streets() -> tuple[Division, ...]:
    """Streets, towns and townships of the city."""
    return tuple(row for row in all_divisions() if row.level == "street")


def elsewhere() -> tuple[Division, ...]:
    """Counties of other (fictional) cities, where migrants come from."""
    own = {CITY, PROVINCE}
    return tuple(row for row in all_divisions() if row.level == "district" and row.parent not in own)


@cache
def _by_code() -> dict[int, Division]:
    return {row.code: row for row in all_divisions()}


def full_name(division: Division) -> str:
    """The name with those of its parents before it: 江泽省云泽市望泽区云阁街道."""
    above = _by_code().get(division.parent)
    return (full_name(above) if above else "") + division.name


def streets_in_use(unions: int) -> tuple[Division, ...]:
    """Streets with a union of their own in a city of that many unions: all, or the first few of each district."""
    every = streets()
    wanted = min(len(every), max(8, unions // 16))
    place = {row.code: rank for rank, row in enumerate(_interleaved(every))}
    return tuple(row for row in every if place[row.code] < wanted)


def _interleaved(rows: tuple[Division, ...]) -> list[Division]:
    return sorted(
        rows, key=lambda row: (sum(other.parent == row.parent and other.code < row.code for other in rows), row.code)
    )


def as_csv() -> str:
    """The committed divisions.csv."""
    lines = [",".join(COLUMNS)]
    for row in all_divisions():
        parent = str(row.parent) if row.parent else ""
        lines.append(f"{row.code},{row.name},{parent},{row.level},{row.valid_from},{row.valid_to}")
    return "\n".join(lines) + "\n"
