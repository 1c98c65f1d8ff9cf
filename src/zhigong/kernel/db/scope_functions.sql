-- The scope of a transaction is a signed text in the setting zhigong.scope: here the key and the signing; scope_reading.sql reads it.
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
