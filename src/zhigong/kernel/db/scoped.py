"""Scoped tables: level columns, the key that keeps them true, and the policies that guard them.

A scoped row names its union; l1..l4 hold the short keys of that union's chain (0 where a level is skipped).
A composite foreign key to orgs_union(id, l1, l2, l3, l4) makes a false chain impossible and moves rows with their union
(ON UPDATE CASCADE); a trigger fills the chain where the writer gave none. Row-level security reads the same columns.
See docs/adr/0003-scope-in-the-database.md.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models
from django.db.models.constraints import BaseConstraint

from zhigong.kernel.db.roles import run_sql


class LevelColumns(models.Model):
    """The chain of a scoped row; never set by a client, see module docstring."""

    l1 = models.IntegerField(editable=False)
    l2 = models.IntegerField(editable=False)
    l3 = models.IntegerField(editable=False)
    l4 = models.IntegerField(editable=False)

    class Meta:
        """Shared columns only."""

        abstract = True
        constraints: ClassVar[list[BaseConstraint]] = []


def in_scope(column: str = "l") -> str:
    """The condition of a policy that one of four level columns holds a key of the scope.

    CASE asks the scope once a statement for all four columns; an OR of four comparisons asks, and is planned, four
    times. `<> 0` is estimated as true for nearly every row, so that the literal filter alone makes the plan, and
    IS TRUE keeps the planner from trying the whole condition on every index (ADR 0017).
    """
    keys = [f"{column}{n}" for n in (1, 2, 3, 4)]
    one = " ".join(f"WHEN {key} THEN 1" for key in keys)
    many = f"((SELECT kernel_scope_unions()) && ARRAY[{', '.join(keys)}])::integer"
    return f"(CASE (SELECT kernel_scope_key()) {one} WHEN -1 THEN {many} ELSE 0 END <> 0) IS TRUE"


IN_SCOPE = in_scope()

_CHAIN = """
ALTER TABLE {table} ADD CONSTRAINT {table}_chain FOREIGN KEY (union_id, l1, l2, l3, l4)
    REFERENCES orgs_union (id, l1, l2, l3, l4) ON UPDATE CASCADE;
CREATE TRIGGER chain_of_new BEFORE INSERT ON {table} FOR EACH ROW
    WHEN (NEW.l1 IS NULL) EXECUTE FUNCTION orgs_fill_chain();
CREATE TRIGGER chain_of_moved BEFORE UPDATE OF union_id ON {table} FOR EACH ROW
    WHEN (OLD.union_id IS DISTINCT FROM NEW.union_id) EXECUTE FUNCTION orgs_fill_chain();
"""

_POLICIES = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY in_scope ON {table} FOR ALL USING ({using}) WITH CHECK ({using});
GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {{web}}, {{job}};
GRANT SELECT ON {table} TO {{export}};
"""

# Permissive policies are tried from the last name to the first: rows in scope do not ask who the reader is.
_SELF = "CREATE POLICY herself ON {table} FOR SELECT USING ({column} = (SELECT kernel_scope_person()));"


def scope_table(table: str, *, chain: bool = True, person_column: str | None = None) -> migrations.RunPython:
    """Migration operation that puts a table under scope.

    chain: False for orgs_union itself. person_column: column by which a member sees her own rows.
    """
    text = (_CHAIN if chain else "") + _POLICIES
    text = text.replace("{using}", IN_SCOPE) + (_SELF.replace("{column}", person_column) if person_column else "")
    text = text.replace("{table}", table).replace("{{", "{").replace("}}", "}")
    return migrations.RunPython(run_sql(text), migrations.RunPython.noop)


def grant(statement: str) -> migrations.RunPython:
    """Migration operation for a statement that names roles as {web}, {job}, {export}, {auditor}, {owner}."""
    return migrations.RunPython(run_sql(statement), migrations.RunPython.noop)
