-- What a member may write herself: her own application and what she adds to it. Everything else is decided by posts.
CREATE POLICY own_new ON casework_case FOR INSERT WITH CHECK (
    person_id = (SELECT kernel_scope_person()) AND state = 1 AND origin IN (1, 2) AND paid_on IS NULL);
CREATE POLICY own_change ON casework_case FOR UPDATE USING (person_id = (SELECT kernel_scope_person()))
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND state IN (1, 8));
CREATE POLICY own_new ON casework_step FOR INSERT WITH CHECK (
    person_id = (SELECT kernel_scope_person()) AND state IN (1, 2) AND done_on IS NULL);
CREATE POLICY own_change ON casework_step FOR UPDATE USING (person_id = (SELECT kernel_scope_person()))
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND state IN (2, 5) AND done_on IS NULL);
CREATE POLICY own_new ON casework_event FOR INSERT WITH CHECK (
    person_id = (SELECT kernel_scope_person()) AND account_id = (SELECT kernel_scope_account()));
CREATE POLICY own_change ON casework_supplement FOR UPDATE
    USING (person_id = (SELECT kernel_scope_person()) AND answered_on IS NULL)
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND answered_on IS NOT NULL);
CREATE POLICY own_change ON casework_publicity FOR UPDATE
    USING (person_id = (SELECT kernel_scope_person()) AND ended_on IS NULL)
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND ended_on IS NOT NULL AND stopped);
CREATE POLICY own_new ON casework_objection FOR INSERT WITH CHECK (
    person_id = (SELECT kernel_scope_person()) AND state = 1 AND kind = 1);
CREATE POLICY own_new ON casework_rating FOR INSERT WITH CHECK (
    person_id = (SELECT kernel_scope_person()) AND followed_on IS NULL);
CREATE POLICY own_change ON casework_entitlement FOR UPDATE USING (person_id = (SELECT kernel_scope_person()) AND state IN (1, 2))
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND state IN (1, 2));
CREATE POLICY own_change ON casework_notice FOR UPDATE USING (person_id = (SELECT kernel_scope_person()))
    WITH CHECK (person_id = (SELECT kernel_scope_person()));

-- Keys of acts: each account sees its own; the system's have the nil account.
ALTER TABLE casework_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE casework_request FORCE ROW LEVEL SECURITY;
CREATE POLICY own_keys ON casework_request FOR ALL
    USING (account_id = coalesce((SELECT kernel_scope_account()), '00000000-0000-0000-0000-000000000000'));
GRANT SELECT, INSERT, UPDATE ON casework_request TO {web}, {job};

-- The public board: open notices of the whole city, masked, for whoever is signed in. Reads nothing else.
CREATE FUNCTION casework_board(today date, below integer, wanted integer)
RETURNS TABLE (id uuid, masked_name text, union_name text, category text, amount_fen bigint, starts_on date, ends_on date, mine boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    reader uuid := kernel_scope_person();
    account uuid := kernel_scope_account();
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    PERFORM orgs_open_city();
    RETURN QUERY SELECT p.id, p.masked_name::text, p.union_name::text, p.category::text, p.amount_fen, p.starts_on, p.ends_on,
            coalesce(p.person_id = reader, false)
        FROM casework_publicity p
        WHERE p.ended_on IS NULL AND p.starts_on <= today AND p.ends_on >= today
          AND (below = 0 OR below IN (p.l1, p.l2, p.l3, p.l4))
        ORDER BY p.ends_on, p.id LIMIT least(wanted, 500);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION casework_board(date, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION casework_board(date, integer, integer) TO {web}, {job};

-- Whoever is a person of the base may object to an open notice; she learns nothing of the case.
CREATE FUNCTION casework_object_publicity(new_id uuid, notice uuid, words text, today date, answer_by date)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    reader uuid := kernel_scope_person();
    account uuid := kernel_scope_account();
    p record;
    acting integer;
BEGIN
    IF reader IS NULL OR account IS NULL THEN
        RAISE EXCEPTION 'zhigong: nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM orgs_open_city();
    SELECT * INTO p FROM casework_publicity WHERE id = notice AND ended_on IS NULL AND ends_on >= today FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
        RETURN NULL;
    END IF;
    IF p.person_id = reader THEN
        RAISE EXCEPTION 'zhigong: one''s own notice' USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT s.level INTO acting FROM casework_step s WHERE s.case_id = p.case_id AND s.state = 2;
    INSERT INTO casework_objection (id, union_id, l1, l2, l3, l4, person_id, case_id, kind, publicity_id, decision_id, state, text,
            level, raised_on, raised_by, due_on, answer, answered_name)
        VALUES (new_id, p.union_id, p.l1, p.l2, p.l3, p.l4, reader, p.case_id, 2, p.id, NULL, 1, words,
            coalesce(acting, 1), today, account, answer_by, '', '');
    INSERT INTO casework_event (id, union_id, l1, l2, l3, l4, person_id, case_id, "on", kind, title, text, who, account_id, tone)
        VALUES (gen_random_uuid(), p.union_id, p.l1, p.l2, p.l3, p.l4, p.person_id, p.case_id, today, 'publicity.objected',
            '公示期间收到异议', '工会核实并答复后，公示才会结束。', '群众', NULL, 'wait');
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN new_id;
END $$;
REVOKE ALL ON FUNCTION casework_object_publicity(uuid, uuid, text, date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION casework_object_publicity(uuid, uuid, text, date, date) TO {web}, {job};
