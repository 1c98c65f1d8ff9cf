-- Facts follow the person: whoever may see her row may see her facts, wherever she is transferred to.
ALTER TABLE facts_current SET (fillfactor = 85);
ALTER TABLE facts_current ADD CONSTRAINT facts_current_of FOREIGN KEY (person_id) REFERENCES people_person (id) ON DELETE CASCADE;
ALTER TABLE facts_declared ADD CONSTRAINT facts_declared_of FOREIGN KEY (person_id) REFERENCES people_person (id) ON DELETE CASCADE;

ALTER TABLE facts_current ENABLE ROW LEVEL SECURITY;
ALTER TABLE facts_current FORCE ROW LEVEL SECURITY;
ALTER TABLE facts_declared ENABLE ROW LEVEL SECURITY;
ALTER TABLE facts_declared FORCE ROW LEVEL SECURITY;

-- Whether the scope covers the whole city, so that every person is in it. Asked once a statement: a publication writes
-- hundreds of thousands of rows, and looking for the person of each would cost more than the writing.
CREATE FUNCTION facts_whole_city() RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) > 0 AND coalesce(bool_and(r.seq = ANY (public.kernel_scope_unions())), false) FROM public.orgs_root r
$$;
REVOKE ALL ON FUNCTION facts_whole_city() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION facts_whole_city() TO {web}, {job}, {export};

-- A scalar subquery on purpose: EXISTS would be hashed, that is all persons read to show the facts of one.
CREATE POLICY of_person ON facts_current FOR ALL USING ((SELECT facts_whole_city())
    OR (SELECT true FROM people_person p WHERE p.id = facts_current.person_id LIMIT 1));
CREATE POLICY of_person ON facts_declared FOR ALL USING ((SELECT facts_whole_city())
    OR (SELECT true FROM people_person p WHERE p.id = facts_declared.person_id LIMIT 1));

-- Only jobs publish. What was declared stays as it was said: only its standing may change, and nobody takes it away.
GRANT SELECT ON facts_current TO {web}, {export};
GRANT SELECT, INSERT, UPDATE, DELETE ON facts_current TO {job};
GRANT SELECT, INSERT, UPDATE (standing, settled_on) ON facts_declared TO {web}, {job};
GRANT SELECT ON facts_declared TO {export};
GRANT SELECT ON facts_release TO {web}, {export};
GRANT SELECT, INSERT, UPDATE, DELETE ON facts_release TO {job};
