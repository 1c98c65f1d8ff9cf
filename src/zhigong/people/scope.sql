-- People's part of the scope: a member's own union, identities that exist elsewhere, the sending side of a transfer.
CREATE OR REPLACE FUNCTION orgs_chain_of_person(person uuid) RETURNS integer[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT array_remove(ARRAY[p.l1, p.l2, p.l3, p.l4], 0) FROM people_person p WHERE p.id = person), '{}')
$$;

CREATE SEQUENCE people_member_no AS bigint;
GRANT USAGE ON SEQUENCE people_member_no TO {web}, {job};

-- Count the members of some unions again, in one statement; the caller's scope decides which are seen.
CREATE FUNCTION people_recount(unions uuid[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    counted integer;
BEGIN
    INSERT INTO people_tally (union_id, l1, l2, l3, l4, members, women, migrants, unverified)
    SELECT u.id, u.l1, u.l2, u.l3, u.l4, count(p.id), count(*) FILTER (WHERE p.sex = 2), count(*) FILTER (WHERE p.is_migrant),
           count(*) FILTER (WHERE p.verification = 0)
    FROM orgs_union u LEFT JOIN people_person p ON p.union_id = u.id AND p.membership_status = 1
    WHERE u.id = ANY (unions) GROUP BY u.id, u.l1, u.l2, u.l3, u.l4
    ON CONFLICT (union_id) DO UPDATE SET members = EXCLUDED.members, women = EXCLUDED.women, migrants = EXCLUDED.migrants,
        unverified = EXCLUDED.unverified, counted_at = now();
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN counted;
END $$;

-- Which of these identities exist in the city, and with what standing. Says nothing else about rows outside the scope (threat 7);
-- every call is audited by its callers, and only jobs may make it in bulk.
CREATE FUNCTION people_resolve(indexes bytea[])
RETURNS TABLE (id_index bytea, person_id uuid, union_id uuid, membership_status smallint, visible boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
BEGIN
    PERFORM orgs_open_city();
    RETURN QUERY SELECT p.id_index, p.id, p.union_id, p.membership_status,
            (p.l1 = ANY (mine) OR p.l2 = ANY (mine) OR p.l3 = ANY (mine) OR p.l4 = ANY (mine))
        FROM unnest(indexes) AS wanted (id_index) JOIN people_person p ON p.id_index = wanted.id_index;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION people_resolve(bytea[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_resolve(bytea[]) TO {job};

-- Take persons without a living membership into the keeping of a union of the caller's scope.
CREATE FUNCTION people_claim(persons uuid[], into_union uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
    claimed integer;
BEGIN
    PERFORM orgs_open_city();
    IF NOT EXISTS (SELECT 1 FROM orgs_union u WHERE u.id = into_union
                   AND (u.l1 = ANY (mine) OR u.l2 = ANY (mine) OR u.l3 = ANY (mine) OR u.l4 = ANY (mine))) THEN
        RAISE EXCEPTION 'zhigong: no union % within the scope', into_union USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE people_person SET union_id = into_union
        WHERE id = ANY (persons) AND membership_status NOT IN (1, 2) AND union_id <> into_union;
    GET DIAGNOSTICS claimed = ROW_COUNT;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN claimed;
END $$;
REVOKE ALL ON FUNCTION people_claim(uuid[], uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_claim(uuid[], uuid) TO {web}, {job};

-- The sending union sees and may withdraw what leaves it.
CREATE POLICY leaving ON people_transfer FOR SELECT USING ({from_scope} OR person_id = (SELECT kernel_scope_person()));
CREATE POLICY withdraw ON people_transfer FOR UPDATE USING ({from_scope}) WITH CHECK ({from_scope} AND state = 4);
-- A transfer is asked for by the sending side, whose scope does not cover the receiving union.
CREATE POLICY ask ON people_transfer FOR INSERT WITH CHECK ({from_scope} AND state = 1);

-- The receiving side completes a transfer: it may not touch the sending union's rows otherwise.
CREATE FUNCTION people_complete_transfer(transfer uuid, today date, account uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
    t record;
BEGIN
    PERFORM orgs_open_city();
    SELECT * INTO t FROM people_transfer WHERE id = transfer AND state = 1
        AND (l1 = ANY (mine) OR l2 = ANY (mine) OR l3 = ANY (mine) OR l4 = ANY (mine)) FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'zhigong: no open transfer % within the scope', transfer USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE people_membership SET status = 3, ended_on = greatest(today, joined_on), change_type = 4, change_reason = '1', changed_on = today
        WHERE person_id = t.person_id AND status IN (1, 2);
    INSERT INTO people_membership (id, person_id, union_id, l1, l2, l3, l4, status, joined_on, change_type, change_reason, changed_on)
        VALUES (gen_random_uuid(), t.person_id, t.union_id, t.l1, t.l2, t.l3, t.l4, 1, today, 2, '1', today);
    UPDATE people_person SET union_id = t.union_id, membership_status = 1, updated_at = now() WHERE id = t.person_id;
    UPDATE people_transfer SET state = 2, decided_on = today, decided_by = account WHERE id = transfer;
    PERFORM people_recount(ARRAY[t.from_union_id, t.union_id]);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION people_complete_transfer(uuid, date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_complete_transfer(uuid, date, uuid) TO {web}, {job};
