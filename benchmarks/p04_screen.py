"""P4: the hardship rule over everyone, from Parquet to a Parquet of verdicts, against vectorised NumPy on the same file.

The other side is written as OpenFisca's formulas are: whole arrays of doubles, one mask per fact for what is unknown,
Kleene's logic by pairs of masks. It loads the same columns and writes the same four columns; each side runs in a child
process of its own, best of three.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks._city import exponent, figure, say
from benchmarks.p05_decide import HARDSHIP, PARAMETERS, VOCABULARY

PERSONS = {"small": 500_000, "city": 1_000_000, "capital": 5_000_000}
COLUMNS = ("person_id", "verdict", "grade", "amount")
ROUNDS = 3
WRITTEN = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"  # what pyarrow's zstd means on the other side
COMMAND = [sys.executable, "-m", "benchmarks.p04_screen"]


def main() -> None:
    """Three sizes; the figure is that of the largest."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=PERSONS, default="small")
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--make", type=int)
    parser.add_argument("--facts", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    if given.make:
        _make(given.facts, given.make)
        return
    if given.side:
        print(json.dumps({**_timed(SIDES[given.side], given.facts, given.out), "memory_mb": _peak_mb()}))
        return
    most = PERSONS[given.scale]
    with TemporaryDirectory(dir=os.environ.get("ZHIGONG_HOME")) as folder:
        sizes = [most // 4, most // 2, most]
        measured = [_measure(Path(folder), persons) for persons in sizes]
    ours, other, everything = measured[-1]
    for work, mine in (("verdict, grade, amount", ours), ("every condition and what is missing too", everything)):
        figure(
            figure="P4",
            work=f"hardship rule over {most:,} persons, Parquet to Parquet: {work}",
            ours=round(mine["seconds"], 3),
            other=round(other["seconds"], 3),
            against="vectorised NumPy, verdict, grade and amount only",
            unit="s",
            reach="< 1; 5 million persons ≤ 2 s, ≤ 2 GB",
            memory_mb=round(mine["memory_mb"]),
            cpu_s=round(mine["cpu"], 3),
            other_cpu_s=round(other["cpu"], 3),
            other_memory_mb=round(other["memory_mb"]),
            exponent=round(exponent(sizes, [one[0]["seconds"] for one in measured]), 2),
        )


def _measure(folder: Path, persons: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    facts = folder / "facts.parquet"
    subprocess.run([*COMMAND, "--make", str(persons), "--facts", str(facts)], check=True)
    ours, other, everything = (_child(side, facts, folder / f"{side}.parquet") for side in SIDES)
    _same(folder)
    say(
        f"  {persons:,}: ours {ours['seconds']:.2f} s, NumPy {other['seconds']:.2f} s, in full {everything['seconds']:.2f} s"
    )
    return ours, other, everything


def _child(side: str, facts: Path, out: Path) -> dict[str, Any]:
    """One side in a process of its own: best seconds of its rounds, largest resident set in MB."""
    command = [*COMMAND, "--side", side, "--facts", str(facts), "--out", str(out)]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return answer


def _timed(side: Callable[[Path, Path], None], facts: Path, out: Path) -> dict[str, float]:
    """Best seconds on the wall and of the processor, of a few rounds: busy machines blur the first more than the second."""
    walls, processors = [], []
    for _ in range(ROUNDS):
        wall, processor = time.perf_counter(), time.process_time()
        side(facts, out)
        walls.append(time.perf_counter() - wall)
        processors.append(time.process_time() - processor)
    return {"seconds": min(walls), "cpu": min(processors)}


def _peak_mb() -> float:
    """The largest resident set of this program; getrusage would count that of the parent before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _make(file: Path, persons: int) -> None:
    """A fact layer: one row per person, pseudonymous ids, a few per cent of every fact unknown."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from zhigong.kernel.ids import uuid7_texts

    chance = np.random.default_rng(4)

    def some(values: Any, unknown: float) -> Any:
        return pa.array(values, mask=chance.random(persons) < unknown)

    ids = uuid7_texts(persons, at_ms=1_800_000_000_000)
    size = chance.integers(1, 7, persons)
    income = np.round(np.exp(chance.normal(11.2, 0.7, persons)) * 100 * np.sqrt(size)).astype(np.int64)
    columns = {
        "person_id": pa.array(ids),
        "membership_status": some(chance.choice(np.array(["active", "transferring", "left"]), persons, p=[0.93, 0.02, 0.05]), 0.0),
        "household_income_year": some(income, 0.05),
        "household_rigid_expense_year": some(chance.integers(0, 4_000_000, persons), 0.04),
        "household_size": some(size, 0.03),
        "homes_owned": some(chance.choice([0, 1, 2, 3], persons, p=[0.35, 0.5, 0.12, 0.03]), 0.05),
        "runs_business_with_employees": some(chance.random(persons) < 0.04, 0.02),
        "private_school_or_study_abroad": some(chance.random(persons) < 0.02, 0.06),
        "is_migrant": some(chance.random(persons) < 0.3, 0.01),
        "months_of_labour_relation": some(chance.integers(0, 240, persons), 0.03),
        "sudden_loss_year": some(np.where(chance.random(persons) < 0.02, chance.integers(0, 20_000_000, persons), 0), 0.02),
    }  # fmt: skip
    pq.write_table(pa.table(columns), file, compression="zstd", row_group_size=122_880)


def _screened(facts: Path, out: Path, columns: str) -> None:
    import duckdb

    from zhigong.rules import operations as rules

    table = f"read_parquet('{facts}')"
    with duckdb.connect(config={"preserve_insertion_order": "false"}) as connection:
        rule = rules.compile_rule(HARDSHIP, VOCABULARY)
        row = connection.execute(rules.ranges_sql(rule, table=table)).fetchall()[0]
        ranges = rules.read_ranges(rule, row)
        sql = rules.population_sql(rule, table=table, parameters=PARAMETERS, ranges=ranges)
        connection.execute(f"COPY (SELECT {columns} FROM ({sql})) TO '{out}' ({WRITTEN})")


def _ours(facts: Path, out: Path) -> None:
    _screened(facts, out, ", ".join(COLUMNS))


def _everything(facts: Path, out: Path) -> None:
    _screened(facts, out, "*")


def _numpy(facts: Path, out: Path) -> None:
    """Every truth value is a pair of masks (surely true, surely false); numbers are doubles with a mask of the known."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(facts)

    def read(name: str) -> tuple[Any, Any]:
        column = table[name].combine_chunks()
        known = (
            np.ones(len(column), dtype=bool)
            if not column.null_count
            else pc.is_valid(column).to_numpy(zero_copy_only=False)
        )
        return pc.fill_null(column, False if pa.types.is_boolean(column.type) else 0).to_numpy(
            zero_copy_only=False
        ), known

    def truth(value: Any, known: Any) -> tuple[Any, Any]:
        return value & known, ~value & known

    def both(*pairs: tuple[Any, Any]) -> tuple[Any, Any]:
        return np.logical_and.reduce([yes for yes, _ in pairs]), np.logical_or.reduce([no for _, no in pairs])

    def either(*pairs: tuple[Any, Any]) -> tuple[Any, Any]:
        return np.logical_or.reduce([yes for yes, _ in pairs]), np.logical_and.reduce([no for _, no in pairs])

    def opposite(pair: tuple[Any, Any]) -> tuple[Any, Any]:
        return pair[1], pair[0]

    active = pc.equal(table["membership_status"], "active").combine_chunks().to_numpy(zero_copy_only=False)
    (income, k_income), (rigid, k_rigid), (size, k_size) = (
        read(name) for name in ("household_income_year", "household_rigid_expense_year", "household_size")
    )
    (homes, k_homes), (loss, k_loss), (months, k_months) = (
        read(name) for name in ("homes_owned", "sudden_loss_year", "months_of_labour_relation")
    )
    business, school, migrant = (
        truth(*read(name)) for name in ("runs_business_with_employees", "private_school_or_study_abroad", "is_migrant")
    )
    k_head = k_income & k_rigid & k_size & (size != 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        head = (income.astype(float) - rigid) / 12 / size
    deep = truth(head < 106200, k_head)
    relative = truth(head < 2 * 106200, k_head)
    sudden = truth(loss > income * 0.8, k_income & k_loss)
    yes, no = both(
        (active, ~active),
        truth(homes < 2, k_homes),
        opposite(business),
        opposite(school),
        either(opposite(migrant), truth(months >= 12, k_months)),
        either(deep, relative, sudden),
    )
    first_known = deep[0] | deep[1]
    second_known = first_known & (relative[0] | relative[1])
    grade = np.where(deep[0], 1, np.where(first_known & relative[0], 2, np.where(second_known & sudden[0], 3, 0)))
    fen = np.floor(np.minimum(12 * 106200, np.maximum(0, 2 * 106200 * 12 * size - (income.astype(float) - rigid))))
    answers = {
        "person_id": table["person_id"],
        "verdict": pa.array(yes, mask=~(yes | no)),
        "grade": pa.DictionaryArray.from_arrays(
            pa.array((grade - 1).astype(np.int8), mask=~yes | (grade == 0)), pa.array(["deep", "relative", "sudden"])
        ),
        "amount": pa.array(fen.astype(np.int64), mask=~yes | ~(k_income & k_rigid & k_size)),
    }
    pq.write_table(pa.table(answers), out, compression="zstd", row_group_size=122_880)


def _same(folder: Path) -> None:
    """Both sides said the same about everyone, or the comparison is worth nothing."""
    import duckdb

    left, right = (
        f"SELECT {', '.join(COLUMNS)} FROM read_parquet('{folder / side}.parquet')" for side in ("ours", "numpy")
    )
    differ = duckdb.sql(f"SELECT count(*) FROM (({left}) EXCEPT ({right}))").fetchall()
    assert differ == [(0,)], f"{differ} persons differ"


SIDES = {"ours": _ours, "numpy": _numpy, "everything": _everything}

if __name__ == "__main__":
    main()
