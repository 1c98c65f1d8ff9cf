-- The state machines, kept by the database itself: moves come from casework_transition, filled from policies.TRANSITIONS.
CREATE TABLE casework_transition (
    machine text NOT NULL CHECK (machine IN ('case', 'step')),
    before smallint NOT NULL,
    after smallint NOT NULL,
    PRIMARY KEY (machine, before, after)
);
GRANT SELECT ON casework_transition TO {web}, {job}, {export};

-- Whether a row lies in the scope of whoever writes: otherwise she writes as the member it belongs to.
CREATE FUNCTION casework_in_scope(a integer, b integer, c integer, d integer) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(ARRAY[a, b, c, d] && kernel_scope_unions(), false)
$$;

-- What was submitted stays as it was; only moves of the machine; a member may only go on with or take back her case.
CREATE FUNCTION casework_guard_case() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.number, NEW.person_id, NEW.service_id, NEW.service_version, NEW.content_hash, NEW.submitted_on, NEW.key)
       IS DISTINCT FROM
       (OLD.id, OLD.number, OLD.person_id, OLD.service_id, OLD.service_version, OLD.content_hash, OLD.submitted_on, OLD.key)
       OR NEW.content IS DISTINCT FROM OLD.content THEN
        RAISE EXCEPTION 'zhigong: what was submitted is frozen' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM casework_transition t WHERE t.machine = 'case' AND t.before = OLD.state AND t.after = NEW.state) THEN
        RAISE EXCEPTION 'zhigong: a case does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT casework_in_scope(OLD.l1, OLD.l2, OLD.l3, OLD.l4) THEN
        IF NOT (NEW.state = OLD.state OR (OLD.state = 2 AND NEW.state = 1) OR (OLD.state IN (1, 2, 3) AND NEW.state = 8))
           OR (NEW.amount_fen, NEW.grade, NEW.round, NEW.paid_on, NEW.union_id) IS DISTINCT FROM
              (OLD.amount_fen, OLD.grade, OLD.round, OLD.paid_on, OLD.union_id) THEN
            RAISE EXCEPTION 'zhigong: a member cannot decide' USING ERRCODE = 'insufficient_privilege';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON casework_case FOR EACH ROW EXECUTE FUNCTION casework_guard_case();

-- A step is acted on by a post of exactly its level in the chain of the case; the clock alone ends a publicity.
CREATE FUNCTION casework_guard_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT EXISTS (
        SELECT 1 FROM casework_transition t WHERE t.machine = 'step' AND t.before = OLD.state AND t.after = NEW.state) THEN
        RAISE EXCEPTION 'zhigong: a step does not go from % to %', OLD.state, NEW.state USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN (3, 4) AND NOT (OLD.kind = 'publicity' AND NEW.done_by IS NULL)
       AND NOT coalesce((ARRAY[OLD.l1, OLD.l2, OLD.l3, OLD.l4])[OLD.level] = ANY (kernel_scope_unions()), false) THEN
        RAISE EXCEPTION 'zhigong: this step belongs to level %', OLD.level USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.state = 2 AND OLD.state <> 2 AND EXISTS (
        SELECT 1 FROM casework_step s WHERE s.case_id = NEW.case_id AND s.round = NEW.round AND s.ordinal < NEW.ordinal AND s.state <> 3) THEN
        RAISE EXCEPTION 'zhigong: a step before this one is not done' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON casework_step FOR EACH ROW EXECUTE FUNCTION casework_guard_step();

-- Timelines, decisions and awards are written once; rows only move with their union.
CREATE FUNCTION casework_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - '{union_id,l1,l2,l3,l4}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{union_id,l1,l2,l3,l4}'::text[] THEN
        RAISE EXCEPTION 'zhigong: % is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE ON casework_event FOR EACH ROW EXECUTE FUNCTION casework_frozen();
CREATE TRIGGER frozen BEFORE UPDATE ON casework_decision FOR EACH ROW EXECUTE FUNCTION casework_frozen();
CREATE TRIGGER frozen BEFORE UPDATE ON casework_award FOR EACH ROW EXECUTE FUNCTION casework_frozen();

-- Cases are never deleted by the application, nor anything that tells what happened to them.
REVOKE DELETE ON casework_entitlement, casework_case, casework_step, casework_event, casework_supplement, casework_publicity,
    casework_decision, casework_objection, casework_rating, casework_award, casework_notice FROM {web}, {job};

CREATE SEQUENCE casework_number AS bigint;
GRANT USAGE ON SEQUENCE casework_number TO {web}, {job};
