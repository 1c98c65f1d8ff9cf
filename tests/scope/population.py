"""A city with rows in every scoped table, written by the administrator."""

from __future__ import annotations

from typing import Any

import psycopg

CASE = """JOIN LATERAL
        (SELECT id FROM casework_case c WHERE c.union_id = u.id ORDER BY id OFFSET n - 1 LIMIT 1) c ON true"""
# Two rows per union and table; u is the union. A scoped table missing here fails test_every_scoped_table_is_tried.
ROWS: dict[str, str] = {
    "orgs_unionversion": """(id, union_id, valid, name, parent_id, level, kind, status, division_code, change,
    document, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, daterange('2020-01-01'::date + n * 100, '2020-01-01'::date + n * 100 + 100),
            u.name, u.parent_id,
               u.level, u.kind, 2, '', 'renamed', '', u.l1, u.l2, u.l3, u.l4""",
    "orgs_employer": """(id, union_id, credit_code, name, name_sort, name_key, industry, registration_type,
    division_code, address, status,
        unionised, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, 'E' || u.seq || '-' || n, '单位' || u.seq, 'dan wei', 'k' || u.seq || n, '',
            '', '', '', 1, false,
               u.l1, u.l2, u.l3, u.l4""",
    "orgs_coverage": """(id, union_id, employer_id, valid, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, e.id, daterange('2020-01-01', '2020-06-01'), u.l1, u.l2, u.l3, u.l4""",
    "orgs_term": """(id, union_id, number, starts_on, ends_on, document, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, n, '2020-01-01', '2040-01-01', '', u.l1, u.l2, u.l3, u.l4""",
    "orgs_post": """(id, union_id, holder, duty, title, engagement, frontline, starts_on, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, '某人', 'chair', '', 2, false, '2020-01-01', u.l1, u.l2, u.l3, u.l4""",
    "people_person": """(id, union_id, name, name_sort, initials, sex, ethnicity, education, skill, political,
    employment, household_type,
        household_place, native_place, is_migrant, id_type, phone_masked, employer_name, verification,
            membership_status, member_no, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, '某人', 'mou ren', 'mr', 1, '', '', '', '', '', '', '', '', false, '', '', '',
            0, 1, '', u.l1, u.l2, u.l3, u.l4""",
    "people_membership": """(id, union_id, person_id, status, change_type, change_reason, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, p.id, 3, 1, '', u.l1, u.l2, u.l3, u.l4""",
    "people_household": """(id, union_id, number_index, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, sha256(('h' || u.seq || n || random())::bytea), u.l1, u.l2, u.l3, u.l4""",
    "people_householdperson": """(id, union_id, household_id, person_id, relation, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, h.id, p.id, '', u.l1, u.l2, u.l3, u.l4""",
    "people_transfer": """(id, union_id, person_id, person_name, from_union_id, from_union_name, to_union_name,
    from_l1, from_l2, from_l3, from_l4,
        state, requested_on, due_on, note, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), '某人', u.id, '', '', u.l1, u.l2, u.l3, u.l4, 1,
            '2026-01-01', '2026-02-01', '',
               u.l1, u.l2, u.l3, u.l4""",
    "people_change": """(union_id, batch_id, person_id, kind, before, l1, l2, l3, l4)
        SELECT u.id, gen_random_uuid(), gen_random_uuid(), 'person', '{}', u.l1, u.l2, u.l3, u.l4""",
    "people_tally": """(union_id, members, women, migrants, unverified, l1, l2, l3, l4)
        SELECT u.id, 0, 0, 0, 0, u.l1, u.l2, u.l3, u.l4""",
    "exchange_batch": """(id, union_id, source, file_name, sha256, size, as_of, state, default_union_code,
    uploaded_by, rows, accepted, unverified,
        rejected, created, updated, unchanged, elsewhere, layout, problem_counts, error, delta,
    comparison, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, 'roster', 'f.xlsx', md5(random()::text), 1, '2026-01-01', 1, '', '', 0, 0, 0,
            0, 0, 0, 0, 0, '{}', '[]',
               '{}', false, '{}', u.l1, u.l2, u.l3, u.l4""",
    "exchange_ruling": """(id, union_id, source, token, person_id, verdict, note, batch_id, "row", key, ruled_by,
    ruled_on, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, 'housing', sha256((u.id::text || n)::bytea), gen_random_uuid(), 1, '',
            gen_random_uuid(), n, gen_random_uuid(), '', '2026-01-01', u.l1, u.l2, u.l3, u.l4""",
    "insight_run": """(id, union_id, asked_by_name, stage, report, error, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, '', '', '{}', '{}', u.l1, u.l2, u.l3, u.l4""",
    "funds_budget": """(id, union_id, service_id, year, document, opened_on, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, 'service' || n || random(), 2026, '1', '2026-01-01', u.l1, u.l2, u.l3, u.l4""",
    "funds_payable": """(id, union_id, person_id, service_id, year, amount_fen, offset_fen, state, reason, key,
    requested_on, problem, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, p.id, 'service', 2026, 100, 0, 1, '', gen_random_uuid(), '2026-01-01', '',
            u.l1, u.l2, u.l3, u.l4""",
    "funds_batch": """(id, union_id, key, title, service_id, state, hash, made_by, made_by_name, made_on,
    released_by_name, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), '', '', 1, '', gen_random_uuid(), '某人', '2026-01-01', '',
            u.l1, u.l2, u.l3, u.l4""",
    "funds_claim": """(id, union_id, person_id, service_id, year, amount_fen, regained_fen, state, reason, note, key,
    claimed_on, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, p.id, 'service', 2026, 100, 0, 1, '', '', gen_random_uuid(), '2026-01-01',
            u.l1, u.l2, u.l3, u.l4""",
    "casework_entitlement": """(id, union_id, person_id, service_id, service_version, state, grade, amount_fen, digest,
    found_on, changed_on, holds, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), 'service', 'v', 1, '', 100, 'd', '2026-01-01', '2026-01-01',
            true, u.l1, u.l2, u.l3, u.l4""",
    "casework_case": """(id, union_id, person_id, number, service_id, service_version, title, person_name, union_name,
    union_path, origin, state, content, content_hash, grade, grade_label, amount_fen, step, round, submitted_on,
    submitted_by, promised_on, key, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), left(md5(random()::text), 20), 'service', 'v', '', '某人',
            '', '', 1, 1, '{}', 'h', '', '', 100, 0, 1, '2026-01-01'::date, gen_random_uuid(), '2026-02-01'::date,
            gen_random_uuid()::text, u.l1, u.l2, u.l3, u.l4""",
    "casework_step": """(id, union_id, person_id, case_id, round, ordinal, step_id, title, kind, "right", actions,
    home_level, level, workdays, state, deadline, done_name, action, note, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, 1, n, 'check', '', 'check', 'cases.check', '[]', 4, 4,
            5, 1, '[]', '', '', '', u.l1, u.l2, u.l3, u.l4""",
    "casework_event": """(id, union_id, person_id, case_id, "on", kind, title, text, who, tone, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, '2026-01-01', 'submitted', '', '', '', 'info',
            u.l1, u.l2, u.l3, u.l4""",
    "casework_supplement": """(id, union_id, person_id, case_id, step_id, note, asks, asked_on, asked_name, answered_on,
    answered_by, answer, answers, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, t.id, '', '[]', '2026-01-01'::date, '',
            '2026-01-02'::date, gen_random_uuid(), '', '{}', u.l1, u.l2, u.l3, u.l4""",
    "casework_publicity": """(id, union_id, person_id, case_id, masked_name, union_name, category, starts_on, ends_on,
    stopped, ended_on, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, '某*', '', '', '2026-01-01'::date, '2026-01-08'::date,
            false, '2026-01-09'::date, u.l1, u.l2, u.l3, u.l4""",
    "casework_decision": """(id, union_id, person_id, case_id, ordinal, granted, automatic, grade, grade_label, reasons,
    note, level, decided_on, decided_name, signed, signature, key_id, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, n, true, true, '', '', '[]', '', 1, '2026-01-01'::date,
            '', '{}', '', '', u.l1, u.l2, u.l3, u.l4""",
    "casework_objection": """(id, union_id, person_id, case_id, kind, publicity_id, state, text, level, raised_on,
    due_on, answer, answered_name, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, 2, b.id, 1, '', 1, '2026-01-01'::date,
            '2026-01-08'::date, '', '', u.l1, u.l2, u.l3, u.l4""",
    "casework_rating": """(id, union_id, person_id, case_id, score, text, rated_on, follow_note, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, 5, '', '2026-01-01'::date, '',
            u.l1, u.l2, u.l3, u.l4""",
    "casework_recheck": """(id, union_id, person_id, case_id, entitlement_id, round, state, level, lapsed, grade_before,
    opened_on, due_on, answer_by, answer, proposed_name, note, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), c.id, gen_random_uuid(), 1, 1, 4, false, '',
            '2026-01-01'::date, '2026-01-31'::date, '2026-01-16'::date, '', '', '', u.l1, u.l2, u.l3, u.l4""",
    "casework_award": """(id, union_id, person_id, service_id, period, ordinal, fen, total_fen, case_id, made_on, key,
    l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), 'service', 2026, 1, 100, 100, c.id, '2026-01-01'::date,
            gen_random_uuid()::text, u.l1, u.l2, u.l3, u.l4""",
    "casework_notice": """(id, union_id, person_id, service_id, kind, title, text, "on", key, l1, l2, l3, l4)
        SELECT gen_random_uuid(), u.id, gen_random_uuid(), 'service', 'found', '', '', '2026-01-01'::date,
            gen_random_uuid()::text, u.l1, u.l2, u.l3, u.l4""",
}
JOINS = {
    **dict.fromkeys(
        (
            "casework_step",
            "casework_event",
            "casework_publicity",
            "casework_decision",
            "casework_rating",
            "casework_recheck",
            "casework_award",
        ),
        CASE,
    ),
    "casework_supplement": CASE
    + " JOIN LATERAL (SELECT id FROM casework_step s WHERE s.case_id = c.id LIMIT 1) t ON true",
    "casework_objection": CASE
    + " JOIN LATERAL (SELECT id FROM casework_publicity s WHERE s.case_id = c.id LIMIT 1) b ON true",
    **dict.fromkeys(
        ("funds_payable", "funds_claim"),
        """JOIN LATERAL
        (SELECT id FROM people_person p WHERE p.union_id = u.id ORDER BY id OFFSET n - 1 LIMIT 1) p ON true""",
    ),
    "orgs_coverage": """JOIN LATERAL
        (SELECT id FROM orgs_employer e WHERE e.union_id = u.id ORDER BY id OFFSET n - 1 LIMIT 1) e ON true""",
    "people_membership": """JOIN LATERAL
        (SELECT id FROM people_person p WHERE p.union_id = u.id ORDER BY id OFFSET n - 1 LIMIT 1) p ON true""",
    "people_householdperson": """JOIN LATERAL (SELECT id FROM people_household h WHERE h.union_id = u.id ORDER BY id
        OFFSET n - 1 LIMIT 1) h ON true
        JOIN LATERAL (SELECT id FROM people_person p WHERE p.union_id = u.id ORDER BY id OFFSET n - 1 LIMIT 1) p ON
            true""",
}
ONE_EACH = {"people_tally", "people_householdperson", "casework_rating"}

# Tables without level columns, whose rows follow a scoped row: its table, what each row's key and that row's are, and
# rows to begin with. They are seen exactly where the row they follow is.
FOLLOWING: dict[str, tuple[str, str, str]] = {
    "facts_current": (
        "people_person",
        "SELECT person_id::text, person_id::text FROM facts_current",
        """(fact_group, person_id, values, source, as_of) SELECT 'wage', id, '{}', 'roster', '2026-01-01'
        FROM people_person""",
    ),
    "facts_declared": (
        "people_person",
        "SELECT id::text, person_id::text FROM facts_declared",
        """(id, person_id, name, value, declared_on, by_self, key, standing)
        SELECT gen_random_uuid(), id, 'sudden_loss_year', '0', '2026-01-01', true, 'k', 1 FROM people_person""",
    ),
    "funds_payee": (
        "people_person",
        "SELECT id::text, person_id::text FROM funds_payee",
        """(id, person_id, heir, holder, bank, number_cipher, number_index, number_masked, current, key, registered_on)
        SELECT gen_random_uuid(), id, false, '某人', '银行', '', sha256(id::text::bytea), '', true, id::text,
            '2026-01-01' FROM people_person""",
    ),
    "funds_account": (
        "funds_budget",
        "SELECT id::text, budget_id::text FROM funds_account",
        "(id, budget_id, purse, balance) SELECT gen_random_uuid(), id, n, 0 FROM funds_budget, generate_series(1, 2) n",
    ),
    "funds_transfer": (
        "funds_budget",
        "SELECT t.id::text, a.budget_id::text FROM funds_transfer t JOIN funds_account a ON a.id = t.debit_id",
        """(id, debit_id, credit_id, fen, movement, key, moved_on)
        SELECT gen_random_uuid(), d.id, c.id, 100, 1, gen_random_uuid()::text, '2026-01-01' FROM funds_account d
        JOIN funds_account c ON c.budget_id = d.budget_id AND d.purse = 1 AND c.purse = 2""",
    ),
    "funds_line": (
        "funds_batch",
        "SELECT id::text, batch_id::text FROM funds_line",
        """(id, batch_id, payable_id, payee_id, number, serial, fen, state, problem)
        SELECT gen_random_uuid(), id, gen_random_uuid(), gen_random_uuid(), 1, left(md5(id::text), 20), 100, 1, ''
        FROM funds_batch""",
    ),
    "funds_answer": (
        "funds_batch",
        "SELECT id::text, batch_id::text FROM funds_answer",
        """(id, batch_id, sha256, posted_on, paid, rejected, unknown, paid_fen)
        SELECT gen_random_uuid(), id, md5(id::text), '2026-01-01', 0, 0, 0, 0 FROM funds_batch""",
    ),
    "funds_passedfile": (
        "funds_batch",
        "SELECT id::text, batch_id::text FROM funds_passedfile",
        """(id, batch_id, kind, file_name, layout, only_unknown, state, error, result, asked_by, asked_by_name)
        SELECT gen_random_uuid(), id, 1, '', '', false, 1, '{}', '{}', gen_random_uuid(), '' FROM funds_batch""",
    ),
}


def populate(admin: psycopg.Connection[Any], *, districts: int = 3, streets: int = 3, grassroots: int = 3) -> None:
    """Write the city: unions on every level, some skipping levels, and rows of every scoped table."""
    admin.execute("DELETE FROM orgs_root")
    _union(admin, None, 1, "city")
    for d in range(districts):
        _union(admin, "city", 2, f"d{d}")
        _union(admin, f"d{d}", 4, f"d{d}g")  # a grassroots union straight below the district
        for s in range(streets):
            _union(admin, f"d{d}", 3, f"d{d}s{s}")
            for g in range(grassroots):
                _union(admin, f"d{d}s{s}", 4, f"d{d}s{s}g{g}")
    _union(admin, "city", 4, "cityg")
    for table, body in ROWS.items():
        count = 1 if table in ONE_EACH else 2
        admin.execute(
            f"INSERT INTO {table} {body} FROM orgs_union u CROSS JOIN generate_series(1, {count}) n "
            f"{JOINS.get(table, '')}"
        )
    admin.execute("SET session_replication_role = replica")  # rows to look at; their guards have tests of their own
    for table, (_, _, body) in FOLLOWING.items():
        admin.execute(f"INSERT INTO {table} {body}")
    admin.execute("RESET session_replication_role")


def _union(admin: psycopg.Connection[Any], parent: str | None, level: int, code: str) -> None:
    admin.execute(
        """INSERT INTO orgs_union (id, seq, code, name, short_name, name_sort, initials, level, kind, status,
            division_code, credit_code, parent_id,
                                   path_names, l1, l2, l3, l4)
           SELECT gen_random_uuid(), n.seq, %(code)s, %(code)s, '', %(code)s, '', %(level)s, 1, 2, '', '', p.id, '',
                  CASE WHEN %(level)s = 1 THEN n.seq ELSE coalesce(p.l1, 0) END, CASE WHEN %(level)s = 2 THEN n.seq
                      ELSE coalesce(p.l2, 0) END,
                  CASE WHEN %(level)s = 3 THEN n.seq ELSE coalesce(p.l3, 0) END, CASE WHEN %(level)s = 4 THEN n.seq
                      ELSE 0 END
           FROM (SELECT nextval('orgs_union_seq') AS seq) n LEFT JOIN orgs_union p ON p.code = %(parent)s""",
        {"code": code, "level": level, "parent": parent},
    )
