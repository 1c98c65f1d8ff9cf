"""P2: a social-insurance file linked to the base, against Splink 5 alone: the same cleaning, then train and predict.

Both get the same rows and persons from memory. Splink sees every number of the base opened beforehand, which is not
counted; ours computes its tokens and opens what it needs inside the measured time. Truth comes from the generator.
Splink's recall is that of its best pair per row at the lowest score where its precision reaches the goal.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._city import AS_OF, SIZES, exponent, figure, generate, load, own_memory_mb, run, say, scope, server

SOURCE = "social-insurance"
PRECISION = 0.9999


def main() -> None:
    """Three sizes of ours; at the largest Splink beside it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", choices=SIZES, default="small")
    top = SIZES[parser.parse_args().scale]
    with server():
        city = generate(top)
        load(city)
        run("ingest", SOURCE, str(next(city.glob(f"{SOURCE}.*"))), "--as-of", AS_OF.isoformat())
        with scope() as actor:
            _compare(actor, city)


def _compare(actor: Any, city: Path) -> None:
    from zhigong.exchange.checking import load_source
    from zhigong.exchange.linking.base import read_base
    from zhigong.exchange.linking.linker import link_rows
    from zhigong.exchange.linking.model import load_model
    from zhigong.exchange.linking.rows import incoming
    from zhigong.exchange.models import Batch

    base, rows = read_base(), incoming(Batch.objects.get(source=SOURCE), load_source(SOURCE))
    truth = _truth(actor, city, base)
    seconds, sizes, lines = [], [], None
    for share in (10, 3, 1):
        part = rows.slice(0, rows.num_rows // share)
        started = time.perf_counter()
        lines = link_rows(part, base, model=load_model(), on=AS_OF, exclusive=False)
        seconds.append(time.perf_counter() - started)
        sizes.append(part.num_rows)
        say(f"  ours: {part.num_rows:,} rows in {seconds[-1]:.1f} s")
    found = {row: (person, 1.0) for row, person in _pairs(lines) if person}
    ours = _quality(found, truth)
    memory = own_memory_mb()
    started = time.perf_counter()
    theirs = _at_precision(_splink(rows, base), truth)
    other = time.perf_counter() - started
    figure(
        figure="P2",
        work=f"{rows.num_rows:,} rows to {base.persons.num_rows:,} persons",
        ours=round(seconds[-1], 2),
        other=round(other, 2),
        against="Splink 5 alone",
        unit="s",
        reach="≤ 0.2; precision ≥ 0.9999, recall ≥ Splink's",
        memory_mb=round(memory),
        exponent=round(exponent(sizes, seconds), 3),
        precision=round(ours[0], 6),
        recall=round(ours[1], 5),
        splink_precision=round(theirs[0], 6),
        splink_recall=round(theirs[1], 5),
    )


def _pairs(lines: pa.Table) -> list[tuple[int, str | None]]:
    return list(zip(lines["row"].to_pylist(), lines["person_id"].to_pylist(), strict=True))


def _truth(actor: Any, city: Path, base: Any) -> dict[int, set[str]]:
    """Row of the file → persons of the base it is about (several where the base has somebody twice); others empty."""
    from zhigong.exchange import queries

    persons = pq.read_table(city / "truth" / "persons.parquet", columns=["person", "number"]).to_pydict()
    by_token = dict(zip(base.hidden(persons["number"]), persons["person"], strict=True))
    about: dict[str, int | None] = {
        person: by_token.get(token)
        for person, token in zip(base.persons["person_id"].to_pylist(), base.persons["token"].to_pylist(), strict=True)
    }
    links = pq.read_table(city / "truth" / "links.parquet").to_pylist()
    roster = {one["row"]: one["person"] for one in links if one["source"] == "roster" and one["file"] == "roster.csv"}
    out = city / "roster-links.csv"
    queries.write_links(actor, "roster", out)
    with out.open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            if about.get(line["person_id"]) is None:  # without a number: by the row that made the person
                about[line["person_id"]] = roster[int(line["row"])]
    ours: dict[int, set[str]] = {}
    for person_id, person in about.items():
        if person is not None:
            ours.setdefault(person, set()).add(person_id)
    return {one["row"]: ours.get(one["person"], set()) for one in links if one["source"] == SOURCE}


def _quality(found: dict[int, tuple[str, float]], truth: dict[int, set[str]]) -> tuple[float, float]:
    """Precision and recall of row → person."""
    right = sum(person in truth[row] for row, (person, _) in found.items())
    return right / max(len(found), 1), right / max(sum(map(bool, truth.values())), 1)


def _at_precision(found: dict[int, tuple[str, float]], truth: dict[int, set[str]]) -> tuple[float, float]:
    """Precision and recall at the lowest score where the precision of everything above reaches the goal."""
    right, best = 0, (0.0, 0.0)
    wanted = max(sum(map(bool, truth.values())), 1)
    for count, (row, (person, _)) in enumerate(sorted(found.items(), key=lambda one: (-one[1][1], one[0])), 1):
        right += person in truth[row]
        if right / count >= PRECISION:
            best = (right / count, right / wanted)
    return best


def _splink(rows: pa.Table, base: Any) -> dict[int, tuple[str, float]]:
    """Row → person and match weight: each row's best pair."""
    from splink import Linker
    from splink.backends.duckdb import DuckDBAPI

    from zhigong.exchange.linking.linker import compared_sides
    from zhigong.exchange.linking.preparing import ONE_OFF

    left, right = compared_sides(rows, base, on=AS_OF)
    with duckdb.connect(":memory:") as connection:
        connection.execute(ONE_OFF)
        backend = DuckDBAPI(connection)
        sides = [backend.register(one, dataset_display_name=name) for one, name in ((left, "l"), (right, "r"))]
        linker = Linker(sides, _settings(), log_level="ERROR")
        linker.training.estimate_probability_two_random_records_match(["l.id_number = r.id_number"], recall=0.95)
        linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
        for block in ("l.id_number = r.id_number", "l.name_key = r.name_key AND l.birth_date = r.birth_date"):
            linker.training.estimate_parameters_using_expectation_maximisation(block)
        pairs: Any = linker.inference.predict(threshold_match_probability=0.5).as_duckdbpyrelation()
        best = pairs.query(
            "pairs",
            "SELECT unique_id_l, arg_max(unique_id_r, match_weight), max(match_weight) FROM pairs GROUP BY 1",
        ).fetchall()
    return {int(row): (person, weight) for row, person, weight in best}


def _settings() -> dict[str, Any]:
    """What a careful user of Splink would write for these columns."""

    def comparison(name: str, unknown: str, *levels: tuple[str, bool]) -> dict[str, Any]:
        first = {"sql_condition": unknown, "label_for_charts": "unknown", "is_null_level": True}
        graded = [
            {"sql_condition": when, "label_for_charts": when[:20], **({"tf_adjustment_column": name} if term else {})}
            for when, term in levels
        ]
        last = {"sql_condition": "ELSE", "label_for_charts": "other"}
        return {"output_column_name": name, "comparison_levels": [first, *graded, last]}

    def same(name: str, *levels: tuple[str, bool], term: bool = True) -> dict[str, Any]:
        return comparison(name, f"{name}_l IS NULL OR {name}_r IS NULL", (f"{name}_l = {name}_r", term), *levels)

    return {
        "link_type": "link_only",
        "unique_id_column_name": "unique_id",
        "blocking_rules_to_generate_predictions": [
            "l.id_number = r.id_number",
            "l.name_key = r.name_key AND left(l.id_number, 6) = left(r.id_number, 6)",
            "l.name_key = r.name_key AND l.birth_date = r.birth_date",
            "l.name_key = r.name_key AND l.employer_key = r.employer_key",
        ],
        "comparisons": [
            same("name_key", ("one_character_off(name_key_l, name_key_r)", False)),
            same(
                "id_number",
                ("left(id_number_l, 15) = left(id_number_r, 15)", False),
                ("damerau_levenshtein(id_number_l, id_number_r) <= 1", False),
                ("damerau_levenshtein(id_number_l, id_number_r) <= 3", False),
                term=False,
            ),
            same("birth_date", term=False),
            same("sex", term=False),
            same("employer_key"),
        ],
    }


if __name__ == "__main__":
    main()
