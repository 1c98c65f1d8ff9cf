"""What the database's own catalogue says against the register: lists of sentences, empty when all is well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.privacy.register import Table
from zhigong.kernel.db.roles import role_name

SERVING = ("web", "job", "export", "auditor")
FOR_ANYBODY: frozenset[str] = frozenset()

_RELATIONS = """
SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner), c.relrowsecurity, c.relforcerowsecurity, c.relispartition,
       coalesce(c.reloptions, '{}') FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1
"""
_COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
"""
_OPEN_POLICIES = """
SELECT tablename, policyname FROM pg_policies
WHERE schemaname = 'public' AND permissive = 'PERMISSIVE' AND (qual = 'true' OR with_check = 'true')
  AND (roles && ARRAY['public', %s, %s]::name[])
"""
# Everything a role owns in this database or in the whole server.
_OWNED = """
SELECT d.classid::regclass::text, d.objid::text FROM pg_shdepend d
WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = %s::regrole AND d.deptype = 'o'
  AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_DEFINERS = """
SELECT p.oid::regprocedure::text, p.proowner::regrole::text, coalesce(p.proconfig, '{}'),
       p.prorettype = 'trigger'::regtype,
       EXISTS (SELECT 1 FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
FROM pg_proc p
WHERE p.prosecdef AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""


def columns(cursor: Any) -> dict[str, dict[str, str]]:
    """Table or view -> column -> type; partitions are their parent's."""
    cursor.execute(_COLUMNS)
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in cursor.fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def unclassified(register: Mapping[str, Table], there: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Columns the register lacks, and those it lists that are gone."""
    listed = {f"{name}.{column}" for name, table in register.items() for column in table.fields}
    real = {f"{name}.{column}" for name, fields in there.items() for column in fields}
    return [f"{one} is not classified" for one in sorted(real - listed)] + [
        f"{one} is classified but does not exist" for one in sorted(listed - real)
    ]


def wrongly_stored(register: Mapping[str, Table], there: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Sealed values are bytes; bytes about a person are sealed."""
    found = []
    for name, table in register.items():
        for column, said in table.fields.items():
            is_bytes = there.get(name, {}).get(column) == "bytea"
            if said == "sealed" and not is_bytes:
                found.append(f"{name}.{column} is called sealed but is no bytea")
            if is_bytes and said in {"personal", "sensitive"}:
                found.append(f"{name}.{column} is bytea about a person but not sealed")
    return found


def unguarded(cursor: Any, register: Mapping[str, Table]) -> list[str]:
    """Tables whose protection is not what the register promises; partitions must be closed like their parents."""
    cursor.execute(_RELATIONS)
    found = []
    for name, kind, owner, enabled, forced, is_partition, options in cursor.fetchall():
        if owner != role_name("owner"):
            found.append(f"{name} belongs to {owner}")
        if kind == "v" and "security_invoker=true" not in options:
            found.append(f"view {name} reads with its owner's rights")
        if kind in "mf":
            found.append(f"{name} cannot be put under row-level security")
        promised = is_partition or (name in register and register[name].guard == "rls")
        if promised and not (enabled and forced):
            found.append(f"{name} is not under forced row-level security")
        if not promised and enabled:
            found.append(f"{name} is under row-level security, but the register gives a reason why not")
    cursor.execute(_OPEN_POLICIES, [role_name("web"), role_name("job")])
    return found + [f"policy {policy} of {table} lets everybody pass" for table, policy in cursor.fetchall()]


def powers(cursor: Any) -> list[str]:
    """What serving roles own or may that they should not."""
    found = []
    for role in SERVING:
        name = role_name(role)
        cursor.execute(_OWNED, [name])
        found += [f"{role} owns {kind} {number}" for kind, number in cursor.fetchall()]
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolreplication, rolcreaterole, rolcreatedb FROM pg_roles "
            "WHERE rolname = %s",
            [name],
        )
        names = ("superuser", "bypassrls", "replication", "createrole", "createdb")
        found += [f"{role} has {power}" for power, has in zip(names, cursor.fetchone(), strict=True) if has]
        cursor.execute("SELECT roleid::regrole::text FROM pg_auth_members WHERE member = %s::regrole", [name])
        found += [f"{role} is a member of {other}" for (other,) in cursor.fetchall()]
    return found


def loose_definers(cursor: Any) -> list[str]:
    """Definer functions that a caller could lead astray, or that anybody may call.

    Where pg_temp is not named, temporary tables are found before ours: it must stand last.
    """
    cursor.execute(_DEFINERS)
    found = []
    for function, owner, config, is_trigger, is_public in cursor.fetchall():
        paths = [setting.partition("=")[2] for setting in config if setting.startswith("search_path=")]
        path = [part.strip(' "') for part in paths[0].split(",")] if paths else []
        if path[:1] != ["pg_catalog"] or "$user" in path:
            found.append(f"{function} does not pin its search path")
        elif path[-1] != "pg_temp":
            found.append(f"{function}: its caller could shadow a table")
        if owner.strip('"') != role_name("owner"):
            found.append(f"{function} runs as {owner}")
        # A trigger function cannot be called.
        if is_public and not is_trigger and function not in FOR_ANYBODY:
            found.append(f"{function} may be called by anybody")
    return found
