"""What the serving roles may do with tables that are not ours: Django's, allauth's, procrastinate's, and our accounts.

Our other tables are granted in the migrations that make them. A table named nowhere is granted to nobody.
"""

from __future__ import annotations

from zhigong.kernel.db.roles import with_roles

READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE, DELETE"

# table -> role -> privileges
TABLES: dict[str, dict[str, str]] = {
    "django_migrations": {"web": READ, "job": READ},
    "django_content_type": {"web": READ, "job": READ},
    "django_cache": {"web": WRITE, "job": WRITE},
    "auth_group": {"web": READ, "job": READ},
    "auth_permission": {"web": READ, "job": READ},
    "auth_group_permissions": {"web": READ, "job": READ},
    "account_emailaddress": {"web": WRITE, "job": READ},
    "account_emailconfirmation": {"web": WRITE},
    "mfa_authenticator": {"web": WRITE},
    "identity_account": {"web": "SELECT, INSERT, UPDATE", "job": "SELECT, INSERT, UPDATE"},
    "identity_account_groups": {"web": READ, "job": READ},
    "identity_account_user_permissions": {"web": READ, "job": READ},
    "identity_session": {"web": WRITE, "job": "SELECT, DELETE"},
    "identity_outbox": {"web": WRITE, "job": WRITE},
    # A page may ask for work and look how it goes; only workers take it, finish it or give it back.
    "procrastinate_jobs": {"web": "SELECT, INSERT", "job": WRITE},
    "procrastinate_events": {"web": "SELECT, INSERT", "job": WRITE},
    "procrastinate_periodic_defers": {"job": WRITE},
    "procrastinate_workers": {"job": WRITE},
}

# Nobody but the owner, on purpose: the framework makes them, we use neither.
UNUSED = frozenset({"django_session"})
# Keys and registers that only definer functions of the owner read.
CLOSED = frozenset({"kernel_secret"})

SEQUENCES: dict[str, tuple[str, ...]] = {
    "procrastinate_jobs_id_seq": ("web", "job"),
    "procrastinate_events_id_seq": ("web", "job"),
    "procrastinate_periodic_defers_id_seq": ("job",),
    "procrastinate_workers_id_seq": ("job",),
}

_FUNCTIONS = """
DO $do$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT p.oid::regprocedure AS name, p.proname FROM pg_proc p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'procrastinate%'
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', found.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {job}', found.name);
        IF found.proname LIKE 'procrastinate_defer_jobs%' THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO {web}', found.name);
        END IF;
    END LOOP;
END $do$
"""


def statements(tables: set[str], sequences: set[str]) -> list[str]:
    """Grants for the tables and sequences that exist; repeatable, taking back what is granted no longer."""
    made = []
    for table, roles in TABLES.items():
        if table in tables:
            made.append(f"REVOKE ALL ON {table} FROM {{web}}, {{job}}")
            made += [f"GRANT {privileges} ON {table} TO {{{role}}}" for role, privileges in roles.items()]
    for sequence, names in SEQUENCES.items():
        if sequence in sequences:
            made += [f"GRANT USAGE ON SEQUENCE {sequence} TO {{{role}}}" for role in names]
    return [with_roles(statement) for statement in [*made, _FUNCTIONS]]
