-- Asking for money and asking it back. Callers need not see the budgets above them: these functions look for them, check that the
-- caller may act for the unions named, and give the scope back as it was. All are set-based: one call, thousands of rows.

-- Raise unless every union named lies within the caller's scope. Called with the city open.
CREATE OR REPLACE FUNCTION funds_check_unions(unions uuid[], mine integer[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM unnest(unions) AS w (id) LEFT JOIN orgs_union u ON u.id = w.id
               WHERE NOT coalesce(u.l1 = ANY (mine) OR u.l2 = ANY (mine) OR u.l3 = ANY (mine) OR u.l4 = ANY (mine), false)) THEN
        RAISE EXCEPTION 'zhigong: a union lies outside the scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- Set open claims against what the same persons are still to get, oldest against oldest; new_claims are entered in the ledger too.
-- Balances are checked when all is posted, so a claim on money that never left goes straight back to the budget. returned: lines
-- that were paid and came back; their money is reserved again, and at once set against what is claimed of the same persons.
CREATE OR REPLACE FUNCTION funds_offset(persons uuid[], new_claims uuid[], returned uuid[], today date, account uuid) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    pairs jsonb;
    m smallint[]; b uuid[]; f bigint[]; p uuid[]; c uuid[]; k text[];
BEGIN
    PERFORM 1 FROM funds_payable WHERE person_id = ANY (persons) AND state IN (2, 4, 7) ORDER BY id FOR UPDATE;
    PERFORM 1 FROM funds_claim WHERE person_id = ANY (persons) AND state = 1 ORDER BY id FOR UPDATE;
    WITH debts AS (
        SELECT id, person_id, budget_id, amount_fen - regained_fen AS fen,
               sum(amount_fen - regained_fen) OVER (PARTITION BY person_id ORDER BY claimed_on, id) AS upto
        FROM funds_claim WHERE person_id = ANY (persons) AND state = 1),
    dues AS (
        SELECT id, person_id, budget_id, amount_fen - offset_fen AS fen,
               sum(amount_fen - offset_fen) OVER (PARTITION BY person_id ORDER BY requested_on, id) AS upto
        FROM funds_payable WHERE person_id = ANY (persons) AND state IN (2, 4, 7) AND amount_fen > offset_fen),
    matched AS (
        SELECT d.id AS claim, d.budget_id AS claim_budget, u.id AS payable, u.budget_id AS payable_budget,
               (least(d.upto, u.upto) - greatest(d.upto - d.fen, u.upto - u.fen))::bigint AS fen
        FROM debts d JOIN dues u ON u.person_id = d.person_id
        WHERE least(d.upto, u.upto) > greatest(d.upto - d.fen, u.upto - u.fen))
    SELECT coalesce(jsonb_agg(to_jsonb(matched)), '[]') INTO pairs FROM matched;
    WITH pair AS (SELECT * FROM jsonb_to_recordset(pairs) AS x (claim uuid, claim_budget uuid, payable uuid, payable_budget uuid, fen bigint)),
    entry AS (
        SELECT 9::smallint AS movement, budget_id AS budget, amount_fen AS fen, NULL::uuid AS payable, id AS claim, 'claim:' || id AS key
            FROM funds_claim WHERE id = ANY (new_claims)
        UNION ALL SELECT 14::smallint, r.budget_id, l.fen, r.id, NULL::uuid, 'return:' || l.id
            FROM funds_line l JOIN funds_payable r ON r.id = l.payable_id WHERE l.id = ANY (returned)
        UNION ALL SELECT 8::smallint, payable_budget, fen, payable, claim, 'offset:' || claim || ':' || payable FROM pair
        UNION ALL SELECT 10::smallint, claim_budget, fen, payable, claim, 'regain:' || claim || ':' || payable FROM pair)
    SELECT array_agg(movement), array_agg(budget), array_agg(fen), array_agg(payable), array_agg(claim), array_agg(key)
        INTO m, b, f, p, c, k FROM entry;
    IF m IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM funds_post(m, b, f, p, c, k, today, account);
    UPDATE funds_payable t SET offset_fen = t.offset_fen + s.fen,
           state = CASE WHEN t.offset_fen + s.fen = t.amount_fen THEN 6 ELSE t.state END,
           paid_on = CASE WHEN t.offset_fen + s.fen = t.amount_fen THEN today END
    FROM (SELECT payable, sum(fen)::bigint AS fen FROM jsonb_to_recordset(pairs) AS x (payable uuid, fen bigint) GROUP BY payable) s
    WHERE t.id = s.payable;
    UPDATE funds_claim t SET regained_fen = t.regained_fen + s.fen,
           state = CASE WHEN t.regained_fen + s.fen = t.amount_fen THEN 2 ELSE 1 END
    FROM (SELECT claim, sum(fen)::bigint AS fen FROM jsonb_to_recordset(pairs) AS x (claim uuid, fen bigint) GROUP BY claim) s
    WHERE t.id = s.claim;
    RETURN (SELECT coalesce(sum(fen), 0) FROM jsonb_to_recordset(pairs) AS x (fen bigint));
END $$;

-- Reserve money for requests from the nearest budget of their service and year up the chain, and say what each waits for.
-- may_wait: what the budget does not cover stays requested, later ones after earlier ones; else nothing is reserved and it raises.
CREATE OR REPLACE FUNCTION funds_fund(wanted uuid[], may_wait boolean, today date, account uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    m smallint[]; b uuid[]; f bigint[]; p uuid[]; k text[];
    missing record;
BEGIN
    SELECT r.service_id, r.year INTO missing FROM funds_payable r WHERE NOT may_wait AND r.id = ANY (wanted) AND r.state = 1
        AND NOT EXISTS (SELECT 1 FROM funds_budget g JOIN orgs_union u ON u.id = g.union_id
                        WHERE g.service_id = r.service_id AND g.year = r.year AND u.seq IN (r.l1, r.l2, r.l3, r.l4)) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'zhigong: no budget' USING ERRCODE = 'ZG404',
            DETAIL = jsonb_build_object('service', missing.service_id, 'year', missing.year)::text;
    END IF;
    -- Who reserves waits for whoever reserves from the same budgets, before looking at what is left.
    PERFORM 1 FROM funds_account a JOIN funds_budget g ON g.id = a.budget_id
        WHERE (g.service_id, g.year) IN (SELECT r.service_id, r.year FROM funds_payable r WHERE r.id = ANY (wanted)) ORDER BY a.id FOR UPDATE OF a;
    WITH asked AS (
        SELECT DISTINCT ON (r.id) r.id, r.amount_fen, r.requested_on, g.id AS budget
        FROM funds_payable r JOIN funds_budget g ON g.service_id = r.service_id AND g.year = r.year
        JOIN orgs_union u ON u.id = g.union_id AND u.seq IN (r.l1, r.l2, r.l3, r.l4)
        WHERE r.id = ANY (wanted) AND r.state = 1 ORDER BY r.id, u.level DESC),
    counted AS (
        SELECT s.*, a.balance, sum(s.amount_fen) OVER (PARTITION BY s.budget ORDER BY s.requested_on, s.id) AS upto
        FROM asked s JOIN funds_account a ON a.budget_id = s.budget AND a.purse = 2)
    SELECT array_agg(3::smallint), array_agg(budget), array_agg(amount_fen), array_agg(id), array_agg('reserve:' || id)
        INTO m, b, f, p, k FROM counted WHERE NOT may_wait OR upto <= balance;
    IF m IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM funds_post(m, b, f, p, array_fill(NULL::uuid, ARRAY[cardinality(m)]), k, today, account);
    UPDATE funds_payable t SET budget_id = s.budget, payee_id = y.id,
        state = CASE WHEN y.id IS NOT NULL THEN 4 WHEN o.deceased_on IS NOT NULL THEN 3 ELSE 2 END
    FROM unnest(p, b) AS s (id, budget), funds_payable r JOIN people_person o ON o.id = r.person_id
        LEFT JOIN funds_payee y ON y.person_id = r.person_id AND y.current AND y.heir = (o.deceased_on IS NOT NULL)
    WHERE t.id = s.id AND r.id = s.id;
    PERFORM funds_offset(ARRAY(SELECT DISTINCT r.person_id FROM funds_payable r JOIN funds_claim c ON c.person_id = r.person_id AND c.state = 1
                               WHERE r.id = ANY (p)), '{}', '{}', today, account);
    RETURN cardinality(p);
END $$;
REVOKE ALL ON FUNCTION funds_fund(uuid[], boolean, date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_fund(uuid[], boolean, date, uuid) TO {web}, {job};

-- Ask for payments; a key asked before answers with its payable, and raises when it names another person, amount or service.
CREATE OR REPLACE FUNCTION funds_request(ids uuid[], persons uuid[], unions uuid[], amounts bigint[], services text[], cases uuid[], reasons text[],
                              keys text[], may_wait boolean, today date, account uuid)
RETURNS TABLE (key text, payable uuid, made boolean, state smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
    fresh uuid[];
    differing text;
BEGIN
    PERFORM orgs_open_city();
    PERFORM funds_check_unions(ARRAY(SELECT DISTINCT u FROM unnest(unions) AS u), mine);
    WITH inserted AS (
        INSERT INTO funds_payable (id, union_id, person_id, service_id, year, case_id, amount_fen, offset_fen, state, reason, key,
                                   requested_by, requested_on, problem)
        SELECT a.id, a.union_id, a.person_id, a.service, extract(year FROM today), a.case_id, a.fen, 0, 1, a.reason, a.key, account, today, ''
        FROM unnest(ids, persons, unions, amounts, services, cases, reasons, keys)
            AS a (id, person_id, union_id, fen, service, case_id, reason, key)
        ON CONFLICT (key) DO NOTHING RETURNING id)
    SELECT coalesce(array_agg(id), '{}') INTO fresh FROM inserted;
    SELECT a.key INTO differing FROM unnest(persons, amounts, services, keys) AS a (person_id, fen, service, key)
        JOIN funds_payable r ON r.key = a.key
        WHERE (r.person_id, r.amount_fen, r.service_id) IS DISTINCT FROM (a.person_id, a.fen, a.service::varchar) LIMIT 1;
    IF differing IS NOT NULL THEN
        RAISE EXCEPTION 'zhigong: key used for another payment' USING ERRCODE = 'ZG409', DETAIL = jsonb_build_object('key', differing)::text;
    END IF;
    PERFORM funds_fund(fresh, may_wait, today, account);
    RETURN QUERY SELECT r.key::text, r.id, r.id = ANY (fresh), r.state FROM funds_payable r WHERE r.key = ANY (keys);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION funds_request(uuid[], uuid[], uuid[], bigint[], text[], uuid[], text[], text[], boolean, date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_request(uuid[], uuid[], uuid[], bigint[], text[], uuid[], text[], text[], boolean, date, uuid) TO {web}, {job};

-- Take benefits back: set against what is still to be paid, the rest stays as an open claim. No more than a case was granted.
CREATE OR REPLACE FUNCTION funds_recover(ids uuid[], persons uuid[], unions uuid[], amounts bigint[], services text[], cases uuid[], reasons text[],
                              notes text[], keys text[], today date, account uuid)
RETURNS TABLE (key text, claim uuid, made boolean, open_fen bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
    fresh uuid[];
    wrong record;
BEGIN
    PERFORM orgs_open_city();
    PERFORM funds_check_unions(ARRAY(SELECT DISTINCT u FROM unnest(unions) AS u), mine);
    WITH inserted AS (
        INSERT INTO funds_claim (id, union_id, person_id, service_id, year, case_id, budget_id, amount_fen, regained_fen, state, reason, note,
                                 key, claimed_by, claimed_on)
        SELECT a.id, a.union_id, a.person_id, a.service, coalesce(paid.year, extract(year FROM today)), a.case_id,
               coalesce(paid.budget_id, near.id), a.fen, 0, 1, a.reason, a.note, a.key, account, today
        FROM unnest(ids, persons, unions, amounts, services, cases, reasons, notes, keys)
            AS a (id, person_id, union_id, fen, service, case_id, reason, note, key)
        JOIN orgs_union o ON o.id = a.union_id
        LEFT JOIN LATERAL (SELECT r.budget_id, r.year FROM funds_payable r WHERE r.case_id = a.case_id AND r.person_id = a.person_id
                           AND r.state NOT IN (1, 9) ORDER BY r.requested_on DESC, r.id DESC LIMIT 1) paid ON true
        LEFT JOIN LATERAL (SELECT g.id FROM funds_budget g JOIN orgs_union u ON u.id = g.union_id
                           WHERE g.service_id = a.service AND u.seq IN (o.l1, o.l2, o.l3, o.l4) AND g.year <= extract(year FROM today)
                           ORDER BY g.year DESC, u.level DESC LIMIT 1) near ON true
        ON CONFLICT (key) DO NOTHING RETURNING id)
    SELECT coalesce(array_agg(id), '{}') INTO fresh FROM inserted;
    SELECT a.key INTO wrong FROM unnest(persons, amounts, services, keys) AS a (person_id, fen, service, key) JOIN funds_claim c ON c.key = a.key
        WHERE (c.person_id, c.amount_fen, c.service_id) IS DISTINCT FROM (a.person_id, a.fen, a.service::varchar) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'zhigong: key used for another claim' USING ERRCODE = 'ZG409', DETAIL = jsonb_build_object('key', wrong.key)::text;
    END IF;
    SELECT c.service_id, c.year INTO wrong FROM funds_claim c WHERE c.id = ANY (fresh) AND c.budget_id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'zhigong: no budget' USING ERRCODE = 'ZG404', DETAIL = jsonb_build_object('service', wrong.service_id, 'year', wrong.year)::text;
    END IF;
    SELECT claimed.case_id, claimed.fen AS claimed, coalesce(granted.fen, 0) AS granted INTO wrong
    FROM (SELECT c.case_id, c.person_id, sum(c.amount_fen) AS fen FROM funds_claim c
          WHERE c.case_id IN (SELECT n.case_id FROM funds_claim n WHERE n.id = ANY (fresh)) GROUP BY 1, 2) claimed
    LEFT JOIN LATERAL (SELECT sum(r.amount_fen) AS fen FROM funds_payable r
          WHERE r.case_id = claimed.case_id AND r.person_id = claimed.person_id AND r.state NOT IN (1, 9)) granted ON true
    WHERE claimed.fen > coalesce(granted.fen, 0) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'zhigong: more than was granted' USING ERRCODE = 'ZG413',
            DETAIL = jsonb_build_object('claimed', wrong.claimed, 'granted', wrong.granted)::text;
    END IF;
    PERFORM funds_offset(ARRAY(SELECT DISTINCT c.person_id FROM funds_claim c WHERE c.id = ANY (fresh)), fresh, '{}', today, account);
    RETURN QUERY SELECT c.key::text, c.id, c.id = ANY (fresh), c.amount_fen - c.regained_fen FROM funds_claim c WHERE c.key = ANY (keys);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION funds_recover(uuid[], uuid[], uuid[], bigint[], text[], uuid[], text[], text[], text[], date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_recover(uuid[], uuid[], uuid[], bigint[], text[], uuid[], text[], text[], text[], date, uuid) TO {web}, {job};

-- Cancel a payable that is in no batch: what was reserved is free again, what had been set against it is owed again.
CREATE OR REPLACE FUNCTION funds_cancel(payable uuid, why text, today date, account uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    mine integer[] := kernel_scope_unions();
    due record;
    m smallint[]; b uuid[]; f bigint[]; c uuid[]; k text[];
BEGIN
    PERFORM orgs_open_city();
    SELECT * INTO due FROM funds_payable r WHERE r.id = payable
        AND (r.l1 = ANY (mine) OR r.l2 = ANY (mine) OR r.l3 = ANY (mine) OR r.l4 = ANY (mine)) FOR UPDATE;
    IF NOT FOUND OR due.state NOT IN (1, 2, 3, 4, 7) THEN
        PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
        RETURN false;
    END IF;
    IF due.state > 1 THEN
        WITH taken AS (SELECT t.movement, t.claim_id, t.fen, d.budget_id FROM funds_transfer t JOIN funds_account d ON d.id = t.debit_id
                       WHERE t.payable_id = payable AND t.movement IN (8, 10)),
        entry AS (
            SELECT 4::smallint AS movement, due.budget_id AS budget, due.amount_fen AS fen, NULL::uuid AS claim, 'free:' || payable AS key
            UNION ALL SELECT CASE movement WHEN 8 THEN 12 ELSE 13 END::smallint, budget_id, fen, claim_id,
                'un' || CASE movement WHEN 8 THEN 'offset:' ELSE 'regain:' END || claim_id || ':' || payable FROM taken)
        SELECT array_agg(movement), array_agg(budget), array_agg(fen), array_agg(claim), array_agg(key) INTO m, b, f, c, k FROM entry;
        PERFORM funds_post(m, b, f, array_fill(payable, ARRAY[cardinality(m)]), c, k, today, account);
        UPDATE funds_claim t SET regained_fen = t.regained_fen - s.fen, state = 1
        FROM (SELECT t.claim_id, sum(t.fen)::bigint AS fen FROM funds_transfer t WHERE t.payable_id = payable AND t.movement = 10 GROUP BY 1) s
        WHERE t.id = s.claim_id;
    END IF;
    UPDATE funds_payable SET state = 9, offset_fen = 0, problem = why WHERE id = payable;
    PERFORM funds_offset(ARRAY[due.person_id], '{}', '{}', today, account);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION funds_cancel(uuid, text, date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_cancel(uuid, text, date, uuid) TO {web}, {job};

-- Accounts have become known: payables that wait for them, or came back because of the old ones, are ready again. Touches only
-- payables of persons whose current account the caller sees.
CREATE OR REPLACE FUNCTION funds_account_known(persons uuid[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    seen uuid[] := ARRAY(SELECT y.id FROM funds_payee y WHERE y.person_id = ANY (persons) AND y.current);
    touched integer;
BEGIN
    PERFORM orgs_open_city();
    UPDATE funds_payable r SET payee_id = y.id, state = 4, problem = ''
    FROM funds_payee y JOIN people_person o ON o.id = y.person_id
    WHERE y.id = ANY (seen) AND r.person_id = y.person_id AND y.heir = (o.deceased_on IS NOT NULL)
      AND (r.state IN (2, 3) OR (r.state IN (4, 7) AND r.payee_id IS DISTINCT FROM y.id));
    GET DIAGNOSTICS touched = ROW_COUNT;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN touched;
END $$;
REVOKE ALL ON FUNCTION funds_account_known(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_account_known(uuid[]) TO {web}, {job};

-- Whether an account is in use for another person; answers yes or no only, and names nobody.
CREATE OR REPLACE FUNCTION funds_account_taken(wanted bytea, person uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    taken boolean;
BEGIN
    PERFORM orgs_open_city();
    taken := EXISTS (SELECT 1 FROM funds_payee WHERE current AND NOT heir AND number_index = wanted AND person_id <> person);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN taken;
END $$;
REVOKE ALL ON FUNCTION funds_account_taken(bytea, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_account_taken(bytea, uuid) TO {web}, {job};

-- Lines that were paid and that the bank sent back (their state says so already, see guards.sql): what they paid is to be paid
-- again. Touches only lines the caller sees; returns their number, which is that of the lines named, or raises.
CREATE OR REPLACE FUNCTION funds_return(lines uuid[], today date, account uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    seen uuid[] := ARRAY(SELECT l.id FROM funds_line l WHERE l.id = ANY (lines) AND l.state = 6);
    touched integer;
BEGIN
    PERFORM orgs_open_city();
    UPDATE funds_payable r SET state = 7, problem = l.problem, paid_on = NULL
        FROM funds_line l WHERE l.id = ANY (seen) AND r.id = l.payable_id AND r.state = 6;
    GET DIAGNOSTICS touched = ROW_COUNT;
    IF touched <> cardinality(lines) THEN
        RAISE EXCEPTION 'zhigong: only what was paid comes back' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM funds_offset(ARRAY(SELECT DISTINCT r.person_id FROM funds_line l JOIN funds_payable r ON r.id = l.payable_id
                               WHERE l.id = ANY (seen)), '{}', seen, today, account);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN touched;
END $$;
REVOKE ALL ON FUNCTION funds_return(uuid[], date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_return(uuid[], date, uuid) TO {web}, {job};

-- What was set against each payable, and for which debt: whoever sees the payable learns it, though she sees no ledger.
CREATE OR REPLACE FUNCTION funds_offsets(wanted uuid[])
RETURNS TABLE (payable uuid, case_id uuid, reason text, fen bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    seen uuid[] := ARRAY(SELECT r.id FROM funds_payable r WHERE r.id = ANY (wanted));
BEGIN
    PERFORM orgs_open_city();
    RETURN QUERY SELECT t.payable_id, c.case_id, c.reason::text, sum(CASE t.movement WHEN 8 THEN t.fen ELSE -t.fen END)::bigint
        FROM funds_transfer t JOIN funds_claim c ON c.id = t.claim_id
        WHERE t.payable_id = ANY (seen) AND t.movement IN (8, 12)
        GROUP BY t.payable_id, c.id HAVING sum(CASE t.movement WHEN 8 THEN t.fen ELSE -t.fen END) > 0
        ORDER BY t.payable_id, c.claimed_on, c.reason, 4;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION funds_offsets(uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_offsets(uuid[]) TO {web}, {job};
