-- Yearly re-checks: moves come from casework_transition, filled from policies.RECHECK_TRANSITIONS.
ALTER TABLE casework_transition DROP CONSTRAINT casework_transition_machine_check;
ALTER TABLE casework_transition ADD CONSTRAINT casework_transition_machine_check CHECK (machine IN ('case', 'step', 'recheck'));

-- Proposed or closed by a post of exactly the level that is to act; what was asked, and how it ended, stays.
CREATE FUNCTION casework_guard_recheck() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM casework_transition t WHERE t.machine = 'recheck' AND t.before = OLD.state AND t.after = NEW.state) THEN
        RAISE EXCEPTION 'zhigong: a re-check does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN (4, 5)
       AND NOT coalesce((ARRAY[OLD.l1, OLD.l2, OLD.l3, OLD.l4])[OLD.level] = ANY (kernel_scope_unions()), false) THEN
        RAISE EXCEPTION 'zhigong: this re-check belongs to level %', OLD.level USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF (NEW.entitlement_id, NEW.case_id, NEW.person_id, NEW.round, NEW.opened_on, NEW.due_on, NEW.grade_before)
       IS DISTINCT FROM
       (OLD.entitlement_id, OLD.case_id, OLD.person_id, OLD.round, OLD.opened_on, OLD.due_on, OLD.grade_before)
       OR (OLD.state = 5 AND to_jsonb(NEW) - '{union_id,l1,l2,l3,l4}'::text[]
           IS DISTINCT FROM to_jsonb(OLD) - '{union_id,l1,l2,l3,l4}'::text[]) THEN
        RAISE EXCEPTION 'zhigong: a re-check stays as it was asked and closed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON casework_recheck FOR EACH ROW EXECUTE FUNCTION casework_guard_recheck();
REVOKE DELETE ON casework_recheck FROM {web}, {job};

-- The member answers while she is asked, or late; nothing else.
CREATE POLICY own_change ON casework_recheck FOR UPDATE
    USING (person_id = (SELECT kernel_scope_person()) AND state IN (1, 3))
    WITH CHECK (person_id = (SELECT kernel_scope_person()) AND state = 2 AND answered_by = (SELECT kernel_scope_account()));

GRANT SELECT ON casework_screening TO {web}, {job}, {export};
GRANT INSERT, UPDATE ON casework_screening TO {job};
