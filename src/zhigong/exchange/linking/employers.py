"""Employers of rows: by credit code, else by name, else by a name that others in the same batch write beside a code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from zhigong.lake.operations import Engine


def resolve(engine: Engine, *, pseudonym: Callable[[Sequence[str]], list[str]]) -> None:
    """Tables `firms` (unit, credit_code, employer_key, method) and `firm_names` (unit, employer_key, method).

    A code counts when its check character does. A name counts when it means one employer only: short and former names
    are not in the base, but departments write them beside sound codes.
    """
    engine.run("CREATE OR REPLACE TABLE firm_pairs AS SELECT DISTINCT unit, credit_code FROM cells")
    codes = engine.fetch_arrow(
        "SELECT DISTINCT credit_code FROM firm_pairs WHERE credit_code IS NOT NULL"
        " AND uscc_problem(credit_code) IS NULL AND uscc_warning(credit_code) IS NULL ORDER BY 1"
    )["credit_code"]
    hidden = [f"e-{one}" for one in pseudonym([f"code:{code}" for code in codes.to_pylist()])]
    engine.register("codes", pa.table({"credit_code": codes, "hidden": pa.array(hidden, pa.string())}))
    engine.run(
        "CREATE OR REPLACE TABLE coded AS"
        " SELECT p.unit, p.credit_code, coalesce(b.employer_id, c.hidden) AS employer_key"
        " FROM firm_pairs p JOIN codes c USING (credit_code) LEFT JOIN firms_known b USING (credit_code)"
    )
    engine.run(
        "CREATE OR REPLACE TABLE firm_names AS"
        " WITH named AS (SELECT unit, min(employer_id) AS employer_key FROM firms_known WHERE unit IS NOT NULL"
        "                GROUP BY unit HAVING count(*) = 1),"
        " aliases AS (SELECT unit, min(employer_key) AS employer_key FROM coded WHERE unit IS NOT NULL"
        "             AND unit NOT IN (SELECT unit FROM firms_known WHERE unit IS NOT NULL)"
        "             GROUP BY unit HAVING count(DISTINCT employer_key) = 1)"
        " SELECT *, 'name' AS method FROM named UNION ALL SELECT *, 'alias' FROM aliases"
    )
    engine.run(
        "CREATE OR REPLACE TABLE firms AS"
        " SELECT p.unit, p.credit_code, coalesce(c.employer_key, n.employer_key) AS employer_key,"
        " CASE WHEN c.employer_key IS NOT NULL THEN 'code' ELSE n.method END AS method FROM firm_pairs p"
        " LEFT JOIN coded c ON c.unit IS NOT DISTINCT FROM p.unit AND c.credit_code = p.credit_code"
        " LEFT JOIN firm_names n ON n.unit = p.unit"
    )
