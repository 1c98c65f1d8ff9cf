-- Who lives where follows the person: in the transaction in which she passes to another union, under the rights of whoever
-- passes her on, who sees both unions. Her old union sees her family no longer, the new one does at once.
CREATE FUNCTION people_home_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A publication of households under way is waited for: its new rows could not be seen here, nor this union there.
    PERFORM pg_advisory_xact_lock_shared(hashtext('people.households'));
    UPDATE people_householdperson SET union_id = NEW.union_id WHERE person_id = NEW.id;
    IF FOUND THEN
        UPDATE people_household h SET union_id = NEW.union_id
        FROM people_householdperson m
        WHERE m.person_id = NEW.id AND h.id = m.household_id AND h.union_id = OLD.union_id
          AND NOT EXISTS (SELECT 1 FROM people_householdperson o WHERE o.household_id = h.id AND o.union_id = OLD.union_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER home_follows AFTER UPDATE OF union_id ON people_person FOR EACH ROW
    WHEN (OLD.union_id IS DISTINCT FROM NEW.union_id) EXECUTE FUNCTION people_home_follows();

GRANT SELECT, INSERT, UPDATE, DELETE ON people_release TO {job};
