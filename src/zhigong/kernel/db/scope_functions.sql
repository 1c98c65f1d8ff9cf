-- The scope of a transaction is a signed text in the setting zhigong.scope; these functions verify and read it.
-- Nothing set: NULL, so that every policy answers "no row". Forged or expired: an error.
CREATE TABLE kernel_secret (
    name text PRIMARY KEY,
    inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
    outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64)
);
REVOKE ALL ON kernel_secret FROM PUBLIC;

-- HMAC-SHA256 (RFC 2104) with the pads kept ready: the embedded server has no pgcrypto.
CREATE FUNCTION kernel_sign(message text) RETURNS text
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT encode(sha256(outer_pad || sha256(inner_pad || convert_to(message, 'UTF8'))), 'hex')
    FROM public.kernel_secret WHERE name = 'scope'
$$;
REVOKE ALL ON FUNCTION kernel_sign(text) FROM PUBLIC;

CREATE FUNCTION kernel_scope_part(part integer) RETURNS text
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
    -- kernel_sign written out: policies ask up to ten times a statement, and the call would double the cost.
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

CREATE FUNCTION kernel_scope_unions() RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT kernel_scope_part(1)::integer[] $$;
CREATE FUNCTION kernel_scope_ancestors() RETURNS integer[]
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT kernel_scope_part(2)::integer[] $$;
CREATE FUNCTION kernel_scope_person() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT nullif(kernel_scope_part(3), '')::uuid $$;
CREATE FUNCTION kernel_scope_account() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT nullif(kernel_scope_part(6), '')::uuid $$;
CREATE FUNCTION kernel_scope_right(wanted text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT coalesce(wanted = ANY (kernel_scope_part(4)::text[]), false) $$;

-- Sets the scope of this transaction. Only definer functions of the owner may call it: the web role has no way to choose a scope.
CREATE FUNCTION kernel_set_scope(
    unions integer[], ancestors integer[], person uuid, account uuid, rights text[], lifetime interval DEFAULT '1 hour'
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    body text := concat_ws('|', coalesce(unions, '{}')::text, coalesce(ancestors, '{}')::text, coalesce(person::text, ''),
                           coalesce(rights, '{}')::text, (extract(epoch FROM now() + lifetime))::bigint::text,
                           coalesce(account::text, ''));
BEGIN
    PERFORM set_config('zhigong.scope', body || '|' || public.kernel_sign(body), true);
END $$;
REVOKE ALL ON FUNCTION kernel_set_scope(integer[], integer[], uuid, uuid, text[], interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel_scope_part(integer), kernel_scope_unions(), kernel_scope_ancestors(),
    kernel_scope_person(), kernel_scope_account(), kernel_scope_right(text) TO {web}, {job}, {export}, {auditor};
