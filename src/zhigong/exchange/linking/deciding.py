"""From matches to lines: exact ones, scores, one person per row, one row per person where the source is a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from zhigong.exchange.linking.model import LinkModel
from zhigong.exchange.linking.types import EVIDENCE, LINKS
from zhigong.lake.operations import Engine

NOTHING_KEPT = pa.schema(
    [
        ("row", pa.int64()),
        ("person_id", pa.string()),
        ("method", pa.string()),
        ("score", pa.float64()),
        ("reason", pa.string()),
    ]
).empty_table()
SURE = "'id', 'id-near-name'"
AGREEMENT = """CASE WHEN c.name_key IS NULL OR p.name_key IS NULL THEN 'unknown'
    WHEN c.name_key = p.name_key THEN 'same'
    WHEN c.name_stem = p.name_stem AND one_character_off(c.name_key, p.name_key) THEN 'near' ELSE 'other' END"""


def match_exactly(engine: Engine) -> None:
    """Table `exact`: (row, person_id, method, agreement) of rows whose number is a person's, whatever the name."""
    engine.run(
        "CREATE OR REPLACE TABLE exact AS SELECT row, person_id, agreement,"
        " CASE agreement WHEN 'other' THEN 'id-other-name'"
        " WHEN 'near' THEN 'id-near-name' ELSE 'id' END AS method FROM"
        f" (SELECT c.row, p.person_id, {AGREEMENT} AS agreement FROM cells c JOIN numbers n USING (id_number)"
        "  JOIN people p ON p.token = n.token)"
    )


def decide(engine: Engine, model: LinkModel, *, exclusive: bool) -> None:
    """Table `chosen`: (row, person_id, method, score, reason, linked), one line per row that has a link or a doubt."""
    engine.run(f"CREATE OR REPLACE TABLE scored AS {_scored(model)}")
    engine.run(
        "CREATE OR REPLACE TABLE standing AS SELECT k.* FROM (SELECT * FROM kept SEMI JOIN people USING (person_id)) k"
        " LEFT JOIN exact e ON e.row = k.row AND e.method IN"
        f" ({SURE}) AND e.person_id <> k.person_id WHERE e.row IS NULL"
    )
    engine.run(
        "CREATE OR REPLACE TABLE claims AS"
        " SELECT row, person_id, method, score, reason, true AS linked FROM standing UNION ALL"
        " SELECT row, person_id, method, CASE WHEN method = 'id-other-name' THEN 0.5 ELSE 1.0 END,"
        " 'id:same name:' || agreement, method <> 'id-other-name' FROM exact"
        " WHERE row NOT IN (SELECT row FROM standing)"
        " UNION ALL SELECT row, person_id, 'model', score, reason,"
        f" score >= CASE WHEN bare THEN {model.without_number!r} ELSE {model.link!r} END AND NOT torn FROM scored"
    )
    engine.run(f"CREATE OR REPLACE TABLE chosen AS {_one_to_one() if exclusive else 'SELECT * FROM claims'}")


def _scored(model: LinkModel) -> str:
    """The best person of each row with the probability that it is she.

    Before anything is compared, a row is about each person of the base alike; the share of sound numbers found in the
    base says how many rows are about anybody there. torn: rows of different sound numbers want the same person.
    bare: the row has no digits left.
    """
    return f"""
        WITH found AS (
            SELECT (count(e.row) + 1.0) / (count(*) + 2.0) AS share
            FROM cells c JOIN numbers n USING (id_number) LEFT JOIN exact e ON e.row = c.row WHERE n.damage = 'sound'
        ), shares AS (
            SELECT w.*, w.odds * found.share / size.n AS part, 1 - found.share AS nobody
            FROM weighed w CROSS JOIN found CROSS JOIN size
        ), scores AS (
            SELECT row, person_id, reason, part / (nobody + sum(part) OVER (PARTITION BY row)) AS score,
                   row_number() OVER (PARTITION BY row ORDER BY part DESC, person_id) AS place FROM shares
        ), best AS (
            SELECT s.*, n.token, coalesce(n.damage, 'none') = 'none' AS bare
            FROM scores s JOIN cells c USING (row) LEFT JOIN numbers n USING (id_number)
            WHERE place = 1 AND score >= {model.doubtful!r}
        )
        SELECT row, person_id, reason, score, bare,
               count(DISTINCT token) OVER (PARTITION BY person_id) > 1 AS torn FROM best"""


def _one_to_one() -> str:
    """Of several linked rows of one person one stays: an earlier link, then an exact one, then the better score."""
    return f"""
        SELECT row, person_id, CASE WHEN linked AND place > 1 THEN 'rival-row' ELSE method END AS method, score, reason,
               linked AND place = 1 AS linked
        FROM (SELECT *, row_number() OVER (PARTITION BY person_id, linked ORDER BY
                  row IN (SELECT row FROM standing) DESC, method IN ({SURE}) DESC, reason = 'id:same name:same' DESC,
                  score DESC, row) AS place FROM claims)"""


PERSON_OUTCOME = """CASE WHEN ch.linked THEN 'linked' WHEN ch.row IS NOT NULL THEN 'doubtful'
    WHEN s.hidden IS NOT NULL THEN 'new' ELSE 'none' END"""
EMPLOYER_OUTCOME = """CASE WHEN f.employer_key IS NULL THEN 'none' WHEN starts_with(f.employer_key, 'e-') THEN 'new'
    ELSE 'linked' END"""


def lines(engine: Engine, *, entity: str, pseudonym: Callable[[Sequence[str]], list[str]]) -> pa.Table:
    """One line of `LINKS` per row, by row; entity: whom the rows are about, which the outcome speaks of."""
    outcome = EMPLOYER_OUTCOME if entity == "employer" else PERSON_OUTCOME
    _hide(engine, pseudonym)
    _learn(engine)
    found = engine.fetch_arrow(f"""
        SELECT c.row, CASE WHEN ch.linked THEN ch.person_id ELSE s.hidden END AS subject_id,
               CASE WHEN ch.linked THEN ch.person_id END AS person_id, ch.method, ch.score,
               {outcome} AS outcome,
               CASE WHEN NOT ch.linked THEN ch.person_id END AS candidate_id, ch.reason,
               f.employer_key, f.method AS employer_method,
               head.subject_id AS head_subject_id, guardian.subject_id AS guardian_subject_id
        FROM cells c LEFT JOIN chosen ch USING (row) LEFT JOIN numbers n USING (id_number)
        LEFT JOIN hidden s ON s.token = n.token
        LEFT JOIN firms f ON f.unit IS NOT DISTINCT FROM c.unit AND f.credit_code IS NOT DISTINCT FROM c.credit_code
        LEFT JOIN subjects head ON head.id_number = c.head_id_number
        LEFT JOIN subjects guardian ON guardian.id_number = c.guardian_id_number
        ORDER BY c.row""")
    return found.cast(LINKS)


def _hide(engine: Engine, pseudonym: Callable[[Sequence[str]], list[str]]) -> None:
    """Table `hidden` (token, hidden): pseudonyms of the numbers that lead to nobody in the base."""
    engine.run("CREATE TABLE IF NOT EXISTS hidden_known (token VARCHAR, hidden VARCHAR)")
    engine.run(
        "CREATE OR REPLACE TABLE hiding AS"
        " SELECT DISTINCT n.token FROM numbers n LEFT JOIN people p USING (token) WHERE n.token IS NOT NULL"
        " AND (p.token IS NULL OR n.id_number IN"
        " (SELECT id_number FROM cells JOIN chosen USING (row) WHERE NOT linked))"
    )
    fresh = engine.fetch_arrow("SELECT token FROM hiding ANTI JOIN hidden_known USING (token)")["token"]
    names = pa.array([f"s-{one}" for one in pseudonym(fresh.to_pylist())], pa.string())
    engine.register("named", pa.table({"token": fresh, "hidden": names}))
    engine.run("INSERT INTO hidden_known SELECT token, hidden FROM named")
    engine.run(
        "CREATE OR REPLACE TABLE hidden AS SELECT token, hidden FROM hidden_known SEMI JOIN hiding USING (token)"
    )


def evidence(engine: Engine) -> pa.Table:
    """Columns of `EVIDENCE`, by row, of the batch whose lines were made last."""
    found = engine.fetch_arrow("""
        SELECT c.row, c.name_key, coalesce(n.damage, 'none') AS damage,
               CASE WHEN n.damage IN ('sound', 'other') THEN n.id_number ELSE n.digits END AS digits, s.hidden AS own
        FROM cells c LEFT JOIN numbers n USING (id_number) LEFT JOIN hidden s ON s.token = n.token ORDER BY c.row""")
    return found.cast(EVIDENCE)


def _learn(engine: Engine) -> None:
    """Table `subjects`: whom each usable number is about, so that heads and guardians get the same subject as rows."""
    engine.run(
        "CREATE OR REPLACE TABLE subjects AS SELECT n.id_number,"
        " coalesce(p.person_id, min(l.person_id), min(h.hidden)) AS subject_id"
        " FROM numbers n LEFT JOIN people p USING (token) LEFT JOIN hidden h USING (token)"
        " LEFT JOIN cells c ON c.id_number = n.id_number LEFT JOIN chosen l ON l.row = c.row AND l.linked"
        " WHERE n.token IS NOT NULL GROUP BY n.id_number, p.person_id"
    )
