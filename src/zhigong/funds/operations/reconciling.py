"""The nightly recomputation: everything stored is counted again from what it is made of."""

from __future__ import annotations

from django.db import transaction

from zhigong.audit import operations as audit
from zhigong.audit.types import Purpose
from zhigong.funds.types import Difference, Reconciled
from zhigong.kernel.actor import Actor
from zhigong.kernel.db.bulk import fetch

# what -> rows (where, stored, counted), where they differ. Every query sees the whole scope of the actor.
CHECKS: dict[str, str] = {
    "账户余额与流水不符": """
        SELECT a.id::text, a.balance, coalesce(t.fen, 0)::bigint FROM funds_account a
        LEFT JOIN (SELECT account, sum(fen) AS fen FROM (
            SELECT credit_id AS account, fen FROM funds_transfer UNION ALL SELECT debit_id, -fen FROM funds_transfer) s
            GROUP BY account) t ON t.account = a.id
        WHERE a.balance <> coalesce(t.fen, 0)""",
    "预算各户之和不为零": """
        SELECT budget_id::text, 0, sum(balance)::bigint FROM funds_account GROUP BY budget_id HAVING sum(balance) <>
            0""",
    "流水的借贷方与类型不符": """
        SELECT t.id::text, t.movement, d.purse * 10 + c.purse FROM funds_transfer t
        JOIN funds_account d ON d.id = t.debit_id JOIN funds_account c ON c.id = t.credit_id
        WHERE funds_purses(t.movement) IS DISTINCT FROM ARRAY[d.purse, c.purse] OR d.budget_id <> c.budget_id""",
    "已预留与待发放款项不符": """
        SELECT a.budget_id::text, a.balance, coalesce(p.fen, 0)::bigint FROM funds_account a
        LEFT JOIN (SELECT r.budget_id, sum(r.amount_fen - r.offset_fen) AS fen FROM funds_payable r
            LEFT JOIN funds_line l ON l.payable_id = r.id AND l.state = 1 LEFT JOIN funds_batch b ON b.id = l.batch_id
            WHERE r.state IN (2, 3, 4, 7) OR (r.state = 5 AND b.state IN (1, 2)) GROUP BY 1) p ON p.budget_id =
                a.budget_id
        WHERE a.purse = 3 AND a.balance <> coalesce(p.fen, 0)""",
    "在途与已放款批次不符": """
        SELECT a.budget_id::text, a.balance, coalesce(p.fen, 0)::bigint FROM funds_account a
        LEFT JOIN (SELECT r.budget_id, sum(l.fen) AS fen FROM funds_line l JOIN funds_batch b ON b.id = l.batch_id AND
            b.state = 3
            JOIN funds_payable r ON r.id = l.payable_id WHERE l.state IN (1, 4) GROUP BY 1) p ON p.budget_id =
                a.budget_id
        WHERE a.purse = 4 AND a.balance <> coalesce(p.fen, 0)""",
    "已支出与到账款项不符": """
        SELECT a.budget_id::text, a.balance, (coalesce(p.fen, 0) + coalesce(o.fen, 0) - coalesce(c.fen, 0))::bigint
        FROM funds_account a
        LEFT JOIN (SELECT budget_id, sum(amount_fen - offset_fen) AS fen FROM funds_payable WHERE state = 6 GROUP BY
            1) p
            ON p.budget_id = a.budget_id
        LEFT JOIN (SELECT budget_id, sum(offset_fen) AS fen FROM funds_payable GROUP BY 1) o ON o.budget_id =
            a.budget_id
        LEFT JOIN (SELECT budget_id, sum(CASE state WHEN 3 THEN regained_fen ELSE amount_fen END) AS fen FROM
            funds_claim
            GROUP BY 1) c ON c.budget_id = a.budget_id
        WHERE a.purse = 5 AND a.balance <> coalesce(p.fen, 0) + coalesce(o.fen, 0) - coalesce(c.fen, 0)""",
    "待追回与追回款项不符": """
        SELECT a.budget_id::text, a.balance, coalesce(c.fen, 0)::bigint FROM funds_account a
        LEFT JOIN (SELECT budget_id, sum(amount_fen - regained_fen) AS fen FROM funds_claim WHERE state = 1 GROUP BY
            1) c
            ON c.budget_id = a.budget_id
        WHERE a.purse = 6 AND a.balance <> coalesce(c.fen, 0)""",
    "款项支付与流水不符": """
        SELECT r.id::text, (r.amount_fen - r.offset_fen) * (r.state = 6)::int, coalesce(sum(t.fen), 0)::bigint FROM
            funds_payable r
        LEFT JOIN (SELECT payable_id, CASE movement WHEN 6 THEN fen ELSE -fen END AS fen FROM funds_transfer
            WHERE movement IN (6, 14)) t ON t.payable_id = r.id GROUP BY r.id
        HAVING coalesce(sum(t.fen), 0) <> (r.amount_fen - r.offset_fen) * (r.state = 6)::int""",
    "退汇与流水不符": """
        SELECT coalesce(l.serial, t.key), coalesce(l.fen, 0), coalesce(t.fen, 0)::bigint
        FROM (SELECT id, serial, fen FROM funds_line WHERE state = 6) l
        FULL JOIN (SELECT key, fen FROM funds_transfer WHERE movement = 14) t ON t.key = 'return:' || l.id
        WHERE l.fen IS DISTINCT FROM t.fen""",
    "批次明细与锁定内容不符": """
        SELECT b.number::text, b.sum_fen, coalesce(h.fen, 0)::bigint FROM funds_batch b
        LEFT JOIN LATERAL (SELECT count(*) AS n, sum(l.fen) AS fen, encode(sha256(convert_to(string_agg(concat_ws('|',
            l.number,
                l.serial, l.payable_id, l.payee_id, y.holder, y.bank, encode(y.number_index, 'hex'), l.fen), E'\\n'
                ORDER BY l.number), 'UTF8')), 'hex') AS hash
            FROM funds_line l JOIN funds_payee y ON y.id = l.payee_id WHERE l.batch_id = b.id) h ON true
        WHERE b.state IN (2, 3, 4) AND (b.line_count, b.sum_fen, b.hash) IS DISTINCT FROM (h.n, h.fen, h.hash)""",
    "制单与复核为同一人": """
        SELECT number::text, 0, 1 FROM funds_batch WHERE released_by IN (made_by, frozen_by)""",
}
_COUNTS = """SELECT (SELECT count(*) FROM funds_account), (SELECT count(*) FROM funds_transfer),
    (SELECT count(*) FROM funds_batch)"""


@transaction.atomic
def reconcile(by: Actor) -> Reconciled:
    """Count every balance, reservation, transit, claim and frozen batch again; every difference is told."""
    found = [
        Difference(what=what, where=str(where), stored=int(stored or 0), counted=int(counted or 0))
        for what, query in CHECKS.items()
        for where, stored, counted in fetch(query)
    ]
    accounts, transfers, batches = fetch(_COUNTS)[0]
    audit.record(
        by, action="funds.ledger.reconciled", purpose=Purpose.SYSTEM, subject_kind="ledger", count=transfers,
        detail={"differences": len(found)}, outcome="failed" if found else "done",
    )  # fmt: skip
    return Reconciled(accounts=accounts, transfers=transfers, batches=batches, differences=tuple(found))
