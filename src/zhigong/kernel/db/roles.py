"""Database roles: what each may do, and how they come to be.

owner migrates and owns; web and job serve, own nothing and cannot bypass row-level security; export and auditor only
    read.
Role names carry a prefix because PostgreSQL shares roles between the databases of one cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from psycopg import sql

ROLES = ("owner", "web", "job", "export", "auditor")


def role_name(role: str) -> str:
    """The cluster-wide name of a role; raises KeyError for one we do not have."""
    if role not in ROLES:
        raise KeyError(role)
    return f"{os.environ.get('ZHIGONG_ROLE_PREFIX', 'zhigong')}_{role}"


def bootstrap_statements(*, database: str, passwords: Mapping[str, str]) -> list[sql.Composed]:
    """Statements an administrator's connection runs on every start; repeatable.

    passwords: one per role, derived from the key file, so that nothing is stored twice.
    """
    statements: list[sql.Composed] = []
    for role in ROLES:
        name = role_name(role)
        statements.append(
            sql.SQL(
                "DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {literal}) "
                "THEN CREATE ROLE {name} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS; END IF; END $do$"
            ).format(literal=sql.Literal(name), name=sql.Identifier(name))
        )
        statements.append(
            sql.SQL("ALTER ROLE {name} LOGIN PASSWORD {password}").format(
                name=sql.Identifier(name), password=sql.Literal(passwords[role])
            )
        )
    owner = sql.Identifier(role_name("owner"))
    statements.append(
        sql.SQL("GRANT CREATE ON DATABASE {db} TO {owner}").format(db=sql.Identifier(database), owner=owner)
    )
    statements.append(sql.SQL("GRANT ALL ON SCHEMA public TO {owner}").format(owner=owner))
    statements.append(sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC").format())
    statements += _settings()
    return statements


def _settings() -> list[sql.Composed]:
    limits = {
        "web": {"statement_timeout": "5s", "lock_timeout": "3s", "idle_in_transaction_session_timeout": "10s"},
        # Stages of imports are temporary tables of some 15 MB a chunk.
        "job": {"temp_buffers": "64MB"},
        "export": {"statement_timeout": "10min", "default_transaction_read_only": "on"},
        "auditor": {"statement_timeout": "60s", "default_transaction_read_only": "on"},
    }
    return [
        sql.SQL("ALTER ROLE {role} SET {name} = {value}").format(
            role=sql.Identifier(role_name(role)), name=sql.Identifier(name), value=sql.Literal(value)
        )
        for role, settings in limits.items()
        for name, value in settings.items()
    ]


def with_roles(statement: str) -> str:
    """Replace {owner}, {web}, {job}, {export}, {auditor} in a migration's SQL by this cluster's role names."""
    for role in ROLES:
        statement = statement.replace("{" + role + "}", f'"{role_name(role)}"')
    return statement


def run_sql(statement: str) -> Callable[..., None]:
    """A RunPython body that runs SQL with role names filled in at migration time, not at import time."""

    def forwards(_apps: object, schema_editor: object) -> None:
        schema_editor.execute(with_roles(statement), params=None)  # type: ignore[attr-defined]

    return forwards
