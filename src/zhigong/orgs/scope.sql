-- Who may see what: chains of scoped rows, and the functions that open the scope of a transaction.
CREATE FUNCTION orgs_fill_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT u.l1, u.l2, u.l3, u.l4 INTO NEW.l1, NEW.l2, NEW.l3, NEW.l4 FROM orgs_union u WHERE u.id = NEW.union_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'zhigong: no union % within the scope', NEW.union_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION orgs_register_root() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.orgs_root (seq) VALUES (NEW.seq) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER register_root AFTER INSERT ON orgs_union FOR EACH ROW WHEN (NEW.level = 1) EXECUTE FUNCTION orgs_register_root();
GRANT SELECT ON orgs_root TO {web}, {job}, {export}, {auditor};

-- Cadres see the names of the unions above them; nothing else of theirs.
CREATE POLICY above ON orgs_union FOR SELECT USING (seq = ANY ((SELECT kernel_scope_ancestors())::integer[]));
-- Everyone sees her own posts: from them the scope is made.
CREATE POLICY own_posts ON orgs_post FOR SELECT USING (account_id = (SELECT kernel_scope_account()));

-- The chain of the union a member belongs to. People, who know persons, replace the body.
CREATE FUNCTION orgs_chain_of_person(person uuid) RETURNS integer[]
LANGUAGE sql STABLE AS $$ SELECT '{}'::integer[] $$;

CREATE FUNCTION orgs_open_account(account uuid, wanted_post uuid, today date, with_post boolean DEFAULT true)
RETURNS TABLE (account_id uuid, account_name text, person_id uuid, post_id uuid, duty text,
               union_id uuid, union_name text, level integer, seq integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    who record;
    post record;
    chain integer[];
    key integer;
BEGIN
    PERFORM set_config('zhigong.scope', '', true);
    SELECT a.id, a.name, a.person_id AS person INTO who FROM identity_account a WHERE a.id = account AND a.is_active;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM kernel_set_scope('{}', '{}', who.person, who.id, '{}');
    SELECT p.* INTO post FROM orgs_post p
        WHERE with_post AND p.account_id = account AND p.starts_on <= today AND (p.ends_on IS NULL OR p.ends_on >= today)
        ORDER BY p.id = wanted_post DESC, p.starts_on, p.id LIMIT 1;
    IF FOUND THEN
        chain := array_remove(ARRAY[post.l1, post.l2, post.l3, post.l4], 0);
        key := chain[cardinality(chain)];
        PERFORM kernel_set_scope(ARRAY[key], trim_array(chain, 1), who.person, who.id,
                                 CASE post.duty WHEN 'auditor' THEN ARRAY['audit.read'] ELSE '{}' END);
        RETURN QUERY SELECT who.id, who.name::text, who.person, post.id, post.duty::text, u.id, u.name::text, u.level::integer, u.seq
            FROM orgs_union u WHERE u.id = post.union_id;
    ELSE
        PERFORM kernel_set_scope('{}', orgs_chain_of_person(who.person), who.person, who.id, '{}');
        RETURN QUERY SELECT who.id, who.name::text, who.person, NULL::uuid, ''::text, NULL::uuid, ''::text, 0, 0;
    END IF;
END $$;
REVOKE ALL ON FUNCTION orgs_open_account(uuid, uuid, date, boolean) FROM PUBLIC;
-- Jobs act with the rights of the account that asked for them (ASVS 8.3.3).
GRANT EXECUTE ON FUNCTION orgs_open_account(uuid, uuid, date, boolean) TO {job};

CREATE FUNCTION orgs_open_session(key text, today date)
RETURNS TABLE (account_id uuid, account_name text, person_id uuid, post_id uuid, duty text,
               union_id uuid, union_name text, level integer, seq integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_session record;
BEGIN
    SELECT s.account_id, s.post_id, s.strong INTO found_session FROM identity_session s
        WHERE s.session_key = key AND s.expire_date > now() AND s.account_id IS NOT NULL;
    IF NOT FOUND THEN
        PERFORM set_config('zhigong.scope', '', true);
        RETURN;
    END IF;
    -- A session without a second factor is that of the person, never that of a post.
    RETURN QUERY SELECT * FROM orgs_open_account(found_session.account_id, found_session.post_id, today, found_session.strong);
END $$;
REVOKE ALL ON FUNCTION orgs_open_session(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orgs_open_session(text, date) TO {web};

-- The operator at the console, and jobs that concern the whole city.
CREATE FUNCTION orgs_open_city() RETURNS integer[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    roots integer[] := (SELECT coalesce(array_agg(seq), '{}') FROM orgs_root);
BEGIN
    PERFORM kernel_set_scope(roots, '{}', NULL, NULL, ARRAY['audit.read'], '12 hours');
    RETURN roots;
END $$;
REVOKE ALL ON FUNCTION orgs_open_city() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orgs_open_city() TO {job}, {export};

-- Codes are unique in the whole city, also where the actor cannot look; the answer is only yes or no.
CREATE FUNCTION orgs_code_taken(wanted text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    before text := current_setting('zhigong.scope', true);
    taken boolean;
BEGIN
    PERFORM orgs_open_city();
    SELECT EXISTS (SELECT 1 FROM orgs_union WHERE code = wanted) INTO taken;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
    RETURN taken;
END $$;
REVOKE ALL ON FUNCTION orgs_code_taken(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orgs_code_taken(text) TO {web}, {job};

-- The first union of an empty base: nobody's scope can cover it yet.
CREATE POLICY first_city ON orgs_union FOR INSERT WITH CHECK (level = 1 AND NOT EXISTS (SELECT 1 FROM orgs_root));

-- Names of the unions of one's own posts, for the post switcher: the scope of the moment covers only one of them.
CREATE FUNCTION orgs_own_post_names(today date) RETURNS TABLE (post_id uuid, union_name text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
    account uuid := kernel_scope_account();
BEGIN
    PERFORM orgs_open_city();
    RETURN QUERY SELECT p.id, u.name::text FROM orgs_post p JOIN orgs_union u ON u.id = p.union_id
        WHERE p.account_id = account AND p.starts_on <= today AND (p.ends_on IS NULL OR p.ends_on >= today);
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION orgs_own_post_names(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orgs_own_post_names(date) TO {web};

-- The directory of living unions by code: name and chain, no more; needed where one union addresses another.
CREATE FUNCTION orgs_find_by_code(wanted text) RETURNS TABLE (id uuid, name text, l1 integer, l2 integer, l3 integer, l4 integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    before text := current_setting('zhigong.scope', true);
BEGIN
    PERFORM orgs_open_city();
    RETURN QUERY SELECT u.id, u.name::text, u.l1, u.l2, u.l3, u.l4 FROM orgs_union u WHERE u.code = wanted AND u.status IN (1, 2) AND u.level = 4;
    PERFORM set_config('zhigong.scope', coalesce(before, ''), true);
END $$;
REVOKE ALL ON FUNCTION orgs_find_by_code(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orgs_find_by_code(text) TO {web}, {job};
