-- People's part of the scope: a member's own union, identities that exist elsewhere, the sending side of a transfer.
CREATE OR REPLACE FUNCTION orgs_chain_of_person(person uuid) RETURNS integer[]
LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT array_remove(ARRAY[p.l1, p.l2, p.l3, p.l4], 0) FROM people_person p WHERE p.id = person), '{}')
$$;

CREATE SEQUENCE people_member_no AS bigint;
GRANT USAGE ON SEQUENCE people_member_no TO {web}, {job};

-- Membership number: division (6), serial (9), two check digits (ISO/IEC 7064, MOD 97-10).
CREATE FUNCTION people_next_member_no(division text) RETURNS text
LANGUAGE sql VOLATILE AS $$
    SELECT base || lpad((98 - (base::numeric * 100 % 97))::integer::text, 2, '0')
    FROM (SELECT rpad(left(regexp_replace(division, '\D', '', 'g'), 6), 6, '0') || lpad(nextval('people_member_no')::text, 9, '0') AS base) n
$$;

-- Which of these identities exist in the city, and with what standing. Says nothing else about rows outside the scope (threat 7);
-- every call is audited by its callers, and only jobs may make it in bulk.
CREATE FUNCTION people_resolve(indexes bytea[])
RETURNS TABLE (id_index bytea, person_id uuid, union_id uuid, membership_status smallint, visible boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
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
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
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
CREATE POLICY withdraw ON people_transfer FOR UPDATE USING ({from_scope}) WITH CHECK ({from_scope} AND state IN (1, 4));
-- A transfer is asked for by the sending side, whose scope does not cover the receiving union.
CREATE POLICY ask ON people_transfer FOR INSERT WITH CHECK ({from_scope} AND state = 1);
