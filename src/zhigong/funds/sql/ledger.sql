-- The ledger: moved by one function, appended to by nobody else, changed by no one.

-- From which purse to which; the same pairs stand in policies.PURSES.
CREATE OR REPLACE FUNCTION funds_purses(movement smallint) RETURNS smallint[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT (ARRAY['{1,2}','{2,1}','{2,3}','{3,2}','{3,4}','{4,5}','{4,3}','{3,5}','{5,6}','{6,2}','{6,5}','{5,3}','{2,6}','{5,3}'])[movement]::smallint[]
$$;

CREATE OR REPLACE FUNCTION funds_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'zhigong: the ledger only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE OR REPLACE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON funds_transfer FOR EACH STATEMENT EXECUTE FUNCTION funds_refuse();
CREATE OR REPLACE TRIGGER never_leaves BEFORE DELETE OR TRUNCATE ON funds_account FOR EACH STATEMENT EXECUTE FUNCTION funds_refuse();

-- Move money: arrays of equal length, one entry a movement; returns their number. Policies hold here too: a budget outside the
-- scope does not exist. Balances are checked once, after all entries: order among them does not matter.
CREATE OR REPLACE FUNCTION funds_post(movements smallint[], budgets uuid[], amounts bigint[], payables uuid[], claims uuid[], keys text[],
                           today date, account uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    posted integer;
    short record;
BEGIN
    PERFORM 1 FROM funds_account WHERE budget_id = ANY (budgets) ORDER BY id FOR UPDATE;
    INSERT INTO funds_transfer (id, movement, debit_id, credit_id, fen, payable_id, claim_id, key, moved_on, moved_by)
    SELECT gen_random_uuid(), e.movement, d.id, c.id, e.fen, e.payable, e.claim, e.key, today, account
    FROM unnest(movements, budgets, amounts, payables, claims, keys) AS e (movement, budget, fen, payable, claim, key)
    JOIN funds_account d ON d.budget_id = e.budget AND d.purse = (funds_purses(e.movement))[1]
    JOIN funds_account c ON c.budget_id = e.budget AND c.purse = (funds_purses(e.movement))[2];
    GET DIAGNOSTICS posted = ROW_COUNT;
    IF posted <> cardinality(movements) THEN
        RAISE EXCEPTION 'zhigong: no such budget within the scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    WITH delta AS (
        SELECT e.budget, side.purse, sum(side.fen)::bigint AS fen
        FROM unnest(movements, budgets, amounts) AS e (movement, budget, fen)
        CROSS JOIN LATERAL (VALUES ((funds_purses(e.movement))[1], -e.fen), ((funds_purses(e.movement))[2], e.fen)) AS side (purse, fen)
        GROUP BY e.budget, side.purse)
    SELECT b.service_id, b.year, a.purse, a.balance, -d.fen AS wanted INTO short
    FROM delta d JOIN funds_account a ON a.budget_id = d.budget AND a.purse = d.purse JOIN funds_budget b ON b.id = a.budget_id
    WHERE a.purse <> 1 AND a.balance + d.fen < 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'zhigong: a purse does not hold that much'
            USING ERRCODE = 'ZG402', DETAIL = jsonb_build_object('service', short.service_id, 'year', short.year, 'purse', short.purse,
                                                                 'left', short.balance, 'wanted', short.wanted)::text;
    END IF;
    UPDATE funds_account a SET balance = a.balance + d.fen
    FROM (SELECT e.budget, side.purse, sum(side.fen)::bigint AS fen
          FROM unnest(movements, budgets, amounts) AS e (movement, budget, fen)
          CROSS JOIN LATERAL (VALUES ((funds_purses(e.movement))[1], -e.fen), ((funds_purses(e.movement))[2], e.fen)) AS side (purse, fen)
          GROUP BY e.budget, side.purse) d
    WHERE a.budget_id = d.budget AND a.purse = d.purse AND d.fen <> 0;
    RETURN posted;
END $$;
REVOKE ALL ON FUNCTION funds_post(smallint[], uuid[], bigint[], uuid[], uuid[], text[], date, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_post(smallint[], uuid[], bigint[], uuid[], uuid[], text[], date, uuid) TO {web}, {job};

-- A budget of the scope gets its six purses, empty; called again it changes nothing.
CREATE OR REPLACE FUNCTION funds_make_purses(budget uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO funds_account (id, budget_id, purse, balance)
        SELECT gen_random_uuid(), budget, purse, 0 FROM generate_series(1, 6) AS purse ON CONFLICT DO NOTHING;
END $$;
REVOKE ALL ON FUNCTION funds_make_purses(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION funds_make_purses(uuid) TO {web}, {job};
