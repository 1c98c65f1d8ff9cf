-- What policies read of the scope of a transaction (ADR 0017). Every reader goes through kernel_scope_part, which verifies.
-- Nothing set: NULL, so that every policy answers "no row". Forged or expired: an error.
-- Read again by later migrations: every statement here can be repeated.
CREATE OR REPLACE FUNCTION kernel_scope_part(part integer) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    raw text := nullif(current_setting('zhigong.scope', true), '');
    body text;
    secret record;
BEGIN
    IF raw IS NULL THEN
        RETURN NULL;
    END IF;
    body := left(raw, -65);
    -- kernel_sign written out: policies ask once a table in every statement, and the call would double the cost.
    SELECT s.inner_pad, s.outer_pad INTO secret FROM public.kernel_secret s WHERE s.name = 'scope';
    IF right(raw, 64) IS DISTINCT FROM
       encode(sha256(secret.outer_pad || sha256(secret.inner_pad || convert_to(body, 'UTF8'))), 'hex') THEN
        RAISE EXCEPTION 'zhigong: the scope is forged' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- now() is the start of the transaction: a long import does not lose its scope half-way.
    IF split_part(body, '|', 5)::bigint < extract(epoch FROM now()) THEN
        RAISE EXCEPTION 'zhigong: the scope has expired' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN split_part(body, '|', part);
END $$;

REVOKE ALL ON FUNCTION kernel_scope_part(integer) FROM PUBLIC;

-- PL/pgSQL on purpose: a reader in SQL would be inlined, that is parsed and planned again for every policy of every statement.
-- Types and functions are named with their schema: these run with the search path of whoever asks.

-- The key that policies compare with l1..l4. A scope of several unions (-1) is compared as a whole; no union has a negative key.
CREATE OR REPLACE FUNCTION kernel_scope_key() RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    unions integer[] := public.kernel_scope_part(1)::integer[];
BEGIN
    RETURN CASE WHEN pg_catalog.cardinality(unions) > 1 THEN -1 ELSE unions[1] END;
END $$;
CREATE OR REPLACE FUNCTION kernel_scope_unions() RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN public.kernel_scope_part(1)::integer[]; END $$;
CREATE OR REPLACE FUNCTION kernel_scope_ancestors() RETURNS integer[]
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN public.kernel_scope_part(2)::integer[]; END $$;
CREATE OR REPLACE FUNCTION kernel_scope_person() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN nullif(public.kernel_scope_part(3), '')::pg_catalog.uuid; END $$;
CREATE OR REPLACE FUNCTION kernel_scope_account() RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN nullif(public.kernel_scope_part(6), '')::pg_catalog.uuid; END $$;
CREATE OR REPLACE FUNCTION kernel_scope_right(wanted text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
    RETURN coalesce(wanted = ANY (public.kernel_scope_part(4)::pg_catalog.text[]), false);
END $$;
GRANT EXECUTE ON FUNCTION kernel_scope_part(integer), kernel_scope_key(), kernel_scope_unions(), kernel_scope_ancestors(),
    kernel_scope_person(), kernel_scope_account(), kernel_scope_right(text) TO {web}, {job}, {export}, {auditor};
