-- The record itself: append-only for everyone, one partition a month, no foreign keys (an entry outlives what it speaks of).

-- What a detail may hold; the same rule stands in policies.clean_detail. Mobile numbers are above ten milliard.
CREATE FUNCTION audit_detail_allowed(detail jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_typeof(detail) = 'object'
       AND NOT EXISTS (SELECT 1 FROM jsonb_object_keys(detail) k WHERE k !~ '^[a-z][a-z0-9_]{0,39}$')
       AND NOT EXISTS (
           SELECT 1 FROM jsonb_each(detail) d
           CROSS JOIN LATERAL (
               SELECT d.value AS item WHERE jsonb_typeof(d.value) <> 'array'
               UNION ALL SELECT a FROM jsonb_array_elements(CASE jsonb_typeof(d.value) WHEN 'array' THEN d.value ELSE '[]' END) a
           ) items
           WHERE CASE jsonb_typeof(item)
                     WHEN 'string' THEN (item #>> '{}') !~ '^[A-Za-z0-9._:/+-]{0,64}$'
                                     OR (item #>> '{}') ~ '^([0-9]{11,}[0-9Xx]?|[0-9]{17}[Xx])$'
                     WHEN 'number' THEN (item #>> '{}') !~ '^-?[0-9]{1,10}$'
                     WHEN 'object' THEN true
                     WHEN 'array' THEN true
                     ELSE false
                 END
       )
$$;

-- at and tx are set by the database and granted to no one: an application can neither back-date an entry nor slip below a seal.
-- tx is the top-level transaction as a 64-bit number: it never wraps, is never frozen, and is shared by all savepoints.
CREATE TABLE audit_entry (
    id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT statement_timestamp(),
    tx bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    account_id uuid,
    actor_name text NOT NULL CHECK (length(actor_name) <= 64),
    post_id uuid,
    duty text NOT NULL DEFAULT '' CHECK (length(duty) <= 32),
    union_name text NOT NULL DEFAULT '' CHECK (length(union_name) <= 200),
    action text NOT NULL CHECK (length(action) <= 80 AND action ~ '^[a-z_-]+[.][a-z_-]+[.][a-z_-]+$'),
    purpose text NOT NULL CHECK (purpose ~ '^[a-z_]{1,32}$'),
    reason text NOT NULL DEFAULT '' CHECK (length(reason) <= 200),
    subject_kind text NOT NULL DEFAULT '' CHECK (subject_kind ~ '^[a-z_]{0,32}$'),
    subject_id uuid,
    l1 integer NOT NULL DEFAULT 0,
    l2 integer NOT NULL DEFAULT 0,
    l3 integer NOT NULL DEFAULT 0,
    l4 integer NOT NULL DEFAULT 0,
    count integer NOT NULL DEFAULT 1 CHECK (count >= 0),
    fields text[] NOT NULL DEFAULT '{}'
        CHECK (cardinality(fields) <= 100 AND array_to_string(fields, ',', '!') ~ '^[a-z0-9_.,]*$'
               AND length(array_to_string(fields, ',')) <= 4000),
    detail jsonb NOT NULL DEFAULT '{}'
        CHECK (detail = '{}' OR (length(detail::text) <= 2000 AND audit_detail_allowed(detail))),
    request_id text NOT NULL DEFAULT '' CHECK (length(request_id) <= 64),
    outcome text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'refused', 'failed')),
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);

CREATE INDEX audit_entry_subject ON audit_entry (subject_id, at) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_entry_account ON audit_entry (account_id, at) WHERE account_id IS NOT NULL;
CREATE INDEX audit_entry_l1 ON audit_entry (l1, at, id);
CREATE INDEX audit_entry_l2 ON audit_entry (l2, at, id) WHERE l2 > 0;
CREATE INDEX audit_entry_l3 ON audit_entry (l3, at, id) WHERE l3 > 0;
CREATE INDEX audit_entry_l4 ON audit_entry (l4, at, id) WHERE l4 > 0;
CREATE INDEX audit_entry_tx ON audit_entry (tx);

-- Which entry stands at which place of which seal; position counts from 0. Written by audit_collect alone.
CREATE TABLE audit_leaf (
    seal bigint NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    entry_id uuid NOT NULL,
    at timestamptz NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (seal, position, at),
    UNIQUE (entry_id, at)
) PARTITION BY RANGE (at);

CREATE TABLE audit_seal (
    number bigint PRIMARY KEY CHECK (number > 0),
    cluster bigint NOT NULL,
    from_tx bigint NOT NULL,
    to_tx bigint NOT NULL,
    count integer NOT NULL CHECK (count > 0),
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL CHECK (last_at >= first_at),
    merkle bytea NOT NULL CHECK (length(merkle) = 32),
    previous bytea NOT NULL CHECK (length(previous) = 32),
    sealed_at timestamptz NOT NULL,
    key_id text NOT NULL,
    public_key bytea NOT NULL CHECK (length(public_key) = 32),
    root bytea NOT NULL UNIQUE CHECK (length(root) = 32),
    signature bytea NOT NULL CHECK (length(signature) = 64)
);

-- Months taken out after their time; seals up to last_seal can no longer be recomputed here, only from earlier exports.
CREATE TABLE audit_retired (
    month date PRIMARY KEY,
    entries bigint NOT NULL,
    last_seal bigint NOT NULL,
    retired_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'zhigong: the audit record only grows' USING ERRCODE = 'insufficient_privilege';
END $$;

-- The row trigger reaches every partition, the statement triggers also answer where no row would be touched.
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON audit_leaf FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_grows_by_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_grows_by_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_grows_by_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER only_grows_by_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_retired
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- A partition is under the same guards as its parent, and nobody reaches its rows past the parent's policies.
CREATE FUNCTION audit_guard_partition(part text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE 'ALTER TABLE public.' || quote_ident(part) || ' ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY';
    EXECUTE 'CREATE TRIGGER only_grows_by_statement BEFORE UPDATE OR DELETE OR TRUNCATE ON public.' || quote_ident(part)
         || ' FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()';
END $$;
REVOKE ALL ON FUNCTION audit_guard_partition(text) FROM PUBLIC;

CREATE TABLE audit_entry_default PARTITION OF audit_entry DEFAULT;
CREATE TABLE audit_leaf_default PARTITION OF audit_leaf DEFAULT;
SELECT audit_guard_partition('audit_entry_default'), audit_guard_partition('audit_leaf_default');

-- The chain an act falls under when its writer names none: the union acted in. Levels left out of a chain make the middle
-- unknowable from the scope; then the city and the acting union alone are noted.
CREATE FUNCTION audit_chain_of_actor(level integer, seq integer) RETURNS integer[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    path integer[] := coalesce(kernel_scope_ancestors(), '{}') || CASE WHEN seq > 0 THEN ARRAY[seq] ELSE '{}' END;
    chain integer[] := '{0,0,0,0}';
    depth integer := cardinality(path);
BEGIN
    IF depth = 0 THEN
        path := coalesce(kernel_scope_unions(), '{}');
        IF cardinality(path) = 1 THEN
            chain[1] := path[1];
        END IF;
    ELSIF depth = level OR depth = 4 THEN
        chain[1:depth] := path;
    ELSE
        chain[1] := path[1];
        IF level BETWEEN 1 AND 4 THEN
            chain[level] := seq;
        END IF;
    END IF;
    RETURN chain;
END $$;

-- Months are those of the calendar on the wall (Asia/Shanghai). A month whose rows already lie in the default partition stays there:
-- moving them would mean deleting them. Attaching waits for readers of the whole table and makes writers wait behind it: hence
-- two seconds and no more; there are months left to try again. Returns the number of partitions made.
CREATE FUNCTION audit_make_partitions(first_month date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    made integer := 0;
    month date;
    parent text;
    part text;
    lower_bound timestamptz;
    upper_bound timestamptz;
    stray boolean;
BEGIN
    IF months NOT BETWEEN 1 AND 60 THEN
        RAISE EXCEPTION 'zhigong: partitions for 1 to 60 months at a time' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_make_partitions'));
    FOR n IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_month::timestamp) + make_interval(months => n))::date;
        lower_bound := month::timestamp AT TIME ZONE 'Asia/Shanghai';
        upper_bound := (month + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
        FOREACH parent IN ARRAY ARRAY['audit_entry', 'audit_leaf'] LOOP
            part := parent || to_char(month, '_YYYY_MM');
            CONTINUE WHEN to_regclass('public.' || part) IS NOT NULL;
            EXECUTE 'SELECT EXISTS (SELECT 1 FROM public.' || parent || ' WHERE at >= $1 AND at < $2)'
                INTO stray USING lower_bound, upper_bound;
            CONTINUE WHEN stray;
            EXECUTE 'CREATE TABLE public.' || part || ' (LIKE public.' || parent || ' INCLUDING ALL)';
            PERFORM audit_guard_partition(part);
            EXECUTE 'ALTER TABLE public.' || parent || ' ATTACH PARTITION public.' || part || ' FOR VALUES FROM ('
                 || quote_literal(lower_bound) || ') TO (' || quote_literal(upper_bound) || ')';
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit_make_partitions(date, integer) FROM PUBLIC;

-- Takes out whole months that ended before the given day. Logs are kept six months at least (网络安全法 §21), and nothing unsealed goes.
-- Granted to no one: the owner alone runs it. Returns the months taken out.
CREATE FUNCTION audit_retire(before_day date) RETURNS date[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    gone date[] := '{}';
    part text;
    month date;
    entries bigint;
    sealed bigint;
    highest bigint;
BEGIN
    IF before_day > (now() - interval '6 months')::date THEN
        RAISE EXCEPTION 'zhigong: audit entries are kept six months at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE i.inhparent = 'public.audit_entry'::regclass AND c.relname <> 'audit_entry_default' ORDER BY 1 LOOP
        month := to_date(right(part, 7), 'YYYY_MM');
        CONTINUE WHEN (month + interval '1 month')::date > before_day;
        SELECT count(*), count(l.seal), coalesce(max(l.seal), 0) INTO entries, sealed, highest
            FROM audit_entry e LEFT JOIN audit_leaf l ON l.entry_id = e.id AND l.at = e.at
            WHERE e.at >= month::timestamp AT TIME ZONE 'Asia/Shanghai'
              AND e.at < (month + interval '1 month') AT TIME ZONE 'Asia/Shanghai';
        IF sealed < entries THEN
            RAISE EXCEPTION 'zhigong: this month holds entries that are not sealed yet' USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
        INSERT INTO audit_retired (month, entries, last_seal) VALUES (month, entries, highest);
        EXECUTE 'DROP TABLE public.' || quote_ident(part) || ', public.' || quote_ident('audit_leaf' || right(part, 8));
        gone := gone || month;
    END LOOP;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION audit_retire(date) FROM PUBLIC;

-- Whether this scope stands at the top of the federation and may read the record.
CREATE FUNCTION audit_at_the_top() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT kernel_scope_right('audit.read') AND cardinality(kernel_scope_unions()) > 0 AND cardinality(kernel_scope_ancestors()) = 0
$$;

-- Who may read what.
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_leaf FORCE ROW LEVEL SECURITY;
CREATE POLICY in_own_name ON audit_entry FOR INSERT TO {web}, {job}
    WITH CHECK (account_id IS NOT DISTINCT FROM (SELECT kernel_scope_account()));
CREATE POLICY about_me ON audit_entry FOR SELECT TO {web}, {job} USING (subject_id = (SELECT kernel_scope_person()));
CREATE POLICY in_scope ON audit_entry FOR SELECT TO {web}, {job} USING (
    (SELECT kernel_scope_right('audit.read')) AND (
        l1 = ANY ((SELECT kernel_scope_unions())::integer[]) OR l2 = ANY ((SELECT kernel_scope_unions())::integer[])
     OR l3 = ANY ((SELECT kernel_scope_unions())::integer[]) OR l4 = ANY ((SELECT kernel_scope_unions())::integer[])));
-- Acts outside every union (a failed sign-in) are read at the top, where no union stands above.
CREATE POLICY outside_unions ON audit_entry FOR SELECT TO {web}, {job} USING (
    l1 = 0 AND l2 = 0 AND l3 = 0 AND l4 = 0 AND (SELECT audit_at_the_top()));
CREATE POLICY auditor ON audit_entry FOR SELECT TO {auditor} USING (true);
-- The owner has no sign-in in service; the narrow functions below run as it.
CREATE POLICY owner_reads ON audit_entry FOR SELECT TO {owner} USING (true);
CREATE POLICY owner_adds ON audit_entry FOR INSERT TO {owner} WITH CHECK (true);
CREATE POLICY owner_reads ON audit_leaf FOR SELECT TO {owner} USING (true);
CREATE POLICY owner_adds ON audit_leaf FOR INSERT TO {owner} WITH CHECK (true);
CREATE POLICY auditor ON audit_leaf FOR SELECT TO {auditor} USING (true);
-- Where one may read the entry one may read which seal covers it.
CREATE POLICY of_visible_entry ON audit_leaf FOR SELECT TO {web}, {job} USING (
    EXISTS (SELECT 1 FROM audit_entry e WHERE e.id = entry_id AND e.at = audit_leaf.at));

REVOKE ALL ON audit_entry, audit_leaf, audit_seal, audit_retired FROM PUBLIC;
GRANT SELECT ON audit_entry TO {web}, {job}, {auditor};
GRANT INSERT (id, account_id, actor_name, post_id, duty, union_name, action, purpose, reason, subject_kind, subject_id,
              l1, l2, l3, l4, count, fields, detail, request_id, outcome) ON audit_entry TO {web}, {job};
GRANT SELECT (seal, position, entry_id, at) ON audit_leaf TO {web}, {job};
GRANT SELECT ON audit_leaf TO {auditor};
GRANT SELECT ON audit_seal, audit_retired TO {web}, {job}, {auditor};
GRANT INSERT ON audit_seal TO {job};
GRANT EXECUTE ON FUNCTION audit_make_partitions(date, integer) TO {job};
