-- Sealing: what is final gets a leaf; the hashes go out to be signed; contents stay here.

-- Canonical JSON, form 1: keys in alphabetical order, no blanks, UTF-8, UTC to the microsecond, detail as jsonb's own text.
-- verifier.py writes the same bytes from a parsed line; tests hold the two together.
CREATE OR REPLACE FUNCTION audit_canonical(e audit_entry) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT row_to_json(r)::text FROM (SELECT
        e.account_id, e.action, e.actor_name, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
        e.count, e.detail::text AS detail, e.duty, e.fields, e.id, e.l1, e.l2, e.l3, e.l4, e.outcome, e.post_id, e.purpose,
        e.reason, e.request_id, e.subject_id, e.subject_kind, e.tx, e.union_name) r
$$;

-- The lowest transaction that may still write entries: ours, or one of this database that runs. The server counts
-- transactions for all its databases together; one is left out only where its lock shows that it runs in another database.
-- Who can't be placed (it just ended, it is prepared) counts, so the answer is too low at worst, never too high: a backend
-- keeps its database for life, and activity is read afresh, after the snapshot.
CREATE OR REPLACE FUNCTION audit_horizon() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    seen pg_snapshot := pg_current_snapshot();
    ours oid := (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RETURN least(
        pg_current_xact_id_if_assigned()::text::bigint,
        pg_snapshot_xmax(seen)::text::bigint,
        (SELECT min(r.tx) FROM (SELECT x::text::bigint AS tx FROM pg_snapshot_xip(seen) x) r
         WHERE r.tx & 4294967295 NOT IN (
            SELECT k.transactionid::text::bigint FROM pg_locks k JOIN pg_stat_activity a ON a.pid = k.pid
            WHERE k.locktype = 'transactionid' AND k.mode = 'ExclusiveLock' AND k.granted AND a.datid <> ours)));
END $$;
REVOKE ALL ON FUNCTION audit_horizon() FROM PUBLIC;

-- Gives a place to every entry that is final and has none, and returns what the signer needs; no row when nothing waits.
-- Final: of a transaction below the horizon. The horizon is read by an earlier statement than the entries, so
-- every transaction below it had ended before the entries were read: none can commit later and stay unsealed.
-- A database restored elsewhere counts transactions afresh (another cluster number, or a count that went back): then one
-- sweep under a lock that waits for every writer takes whatever has no place, whatever its transaction.
CREATE OR REPLACE FUNCTION audit_collect(most integer)
RETURNS TABLE (number bigint, cluster bigint, from_tx bigint, to_tx bigint, count integer,
               first_at timestamptz, last_at timestamptz, previous bytea, leaves bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    last audit_seal;
    here bigint := (SELECT system_identifier FROM pg_control_system());
    horizon bigint;
    counted bigint;
    moved boolean;
    next_number bigint;
    low bigint;
    found_count integer;
    found_first timestamptz;
    found_last timestamptz;
    found_leaves bytea;
    last_entry uuid;
    last_entry_at timestamptz;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'zhigong: sealing needs READ COMMITTED' USING ERRCODE = 'invalid_transaction_state';
    END IF;
    LOCK TABLE audit_seal IN SHARE ROW EXCLUSIVE MODE;
    SELECT * INTO last FROM audit_seal ORDER BY audit_seal.number DESC LIMIT 1;
    next_number := coalesce(last.number, 0) + 1;
    horizon := audit_horizon();
    counted := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    moved := last.number IS NOT NULL AND (last.cluster <> here OR counted < last.to_tx);
    IF moved THEN
        LOCK TABLE audit_entry IN SHARE MODE;
        horizon := audit_horizon();
        most := NULL;
    END IF;
    low := CASE WHEN moved THEN 0 ELSE coalesce(last.to_tx, 0) END;

    -- The sub-select instead of NOT EXISTS keeps this an index probe per candidate, however large the leaves have grown.
    WITH placed AS (
        INSERT INTO audit_leaf (seal, position, entry_id, at, hash)
        SELECT next_number, row_number() OVER (ORDER BY e.tx, e.id) - 1, e.id, e.at,
               sha256('\x00'::bytea || convert_to(audit_canonical(e), 'UTF8'))
        FROM audit_entry e
        WHERE (moved OR (e.tx >= low AND e.tx < horizon))
          AND (SELECT l.seal FROM audit_leaf l WHERE l.entry_id = e.id AND l.at = e.at) IS NULL
        ORDER BY e.tx, e.id LIMIT most
        RETURNING audit_leaf.position AS place, audit_leaf.entry_id, audit_leaf.at, audit_leaf.hash
    )
    SELECT count(*), min(p.at), max(p.at), string_agg(p.hash, ''::bytea ORDER BY p.place),
           (array_agg(p.entry_id ORDER BY p.place DESC))[1], (array_agg(p.at ORDER BY p.place DESC))[1]
        INTO found_count, found_first, found_last, found_leaves, last_entry, last_entry_at
        FROM placed p;
    IF found_count = 0 THEN
        RETURN;
    END IF;
    -- A full batch may end inside a transaction: the next one begins with it again.
    IF found_count = most THEN
        horizon := (SELECT e.tx FROM audit_entry e WHERE e.id = last_entry AND e.at = last_entry_at);
    END IF;
    RETURN QUERY SELECT next_number, here, low, horizon, found_count, found_first, found_last,
                        coalesce(last.root, decode(repeat('00', 32), 'hex')), found_leaves;
END $$;
REVOKE ALL ON FUNCTION audit_collect(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_collect(integer) TO {job};

-- No gap, no fork: a seal follows the last one and counts what audit_collect has placed.
CREATE OR REPLACE FUNCTION audit_check_seal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    last audit_seal;
BEGIN
    SELECT * INTO last FROM audit_seal s ORDER BY s.number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 OR (last.number IS NOT NULL AND NEW.previous <> last.root)
       OR NEW.count <> (SELECT count(*) FROM audit_leaf l WHERE l.seal = NEW.number) THEN
        RAISE EXCEPTION 'zhigong: this seal does not follow the last one' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER follows_the_last BEFORE INSERT ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_check_seal();

-- How sealing stands; two numbers, no content. Counted to 100 000, so that asking stays cheap when sealing has stopped.
CREATE OR REPLACE FUNCTION audit_waiting() RETURNS TABLE (pending bigint, oldest timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*), min(w.at) FROM (
        SELECT e.at FROM audit_entry e
        WHERE e.tx >= coalesce((SELECT CASE WHEN s.cluster = (SELECT system_identifier FROM pg_control_system()) THEN s.to_tx ELSE 0 END
                                FROM audit_seal s ORDER BY s.number DESC LIMIT 1), 0)
          AND (SELECT l.seal FROM audit_leaf l WHERE l.entry_id = e.id AND l.at = e.at) IS NULL
        ORDER BY e.tx LIMIT 100000) w
$$;
REVOKE ALL ON FUNCTION audit_waiting() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_waiting() TO {web}, {job}, {auditor};

-- The whole record for the verifier: only for the auditor's connection or a scope at the top that may read it.
CREATE OR REPLACE FUNCTION audit_may_export() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF '"' || session_user || '"' <> '{auditor}' AND NOT coalesce(audit_at_the_top(), false) THEN
        RAISE EXCEPTION 'zhigong: the whole record may be read at the top only' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION audit_export_sealed(first_seal bigint, last_seal bigint)
RETURNS TABLE (seal bigint, place integer, hash bytea, content text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM audit_may_export();
    RETURN QUERY SELECT l.seal, l.position, l.hash, audit_canonical(e)
        FROM audit_leaf l JOIN audit_entry e ON e.id = l.entry_id AND e.at = l.at
        WHERE l.seal BETWEEN first_seal AND last_seal ORDER BY l.seal, l.position;
END $$;
REVOKE ALL ON FUNCTION audit_export_sealed(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION audit_export_pending() RETURNS TABLE (content text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM audit_may_export();
    RETURN QUERY SELECT audit_canonical(e) FROM audit_entry e
        WHERE NOT EXISTS (SELECT 1 FROM audit_leaf l WHERE l.entry_id = e.id AND l.at = e.at) ORDER BY e.tx, e.id;
END $$;
REVOKE ALL ON FUNCTION audit_export_pending() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_export_sealed(bigint, bigint), audit_export_pending() TO {web}, {job}, {auditor};
