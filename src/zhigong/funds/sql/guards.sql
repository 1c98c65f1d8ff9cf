-- What no statement may do to money rows, whoever sends it.

-- A payable is born unfunded, never changes whom and how much, and takes only the steps of policies.STEPS.
CREATE OR REPLACE FUNCTION funds_payable_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 1 OR NEW.offset_fen <> 0 OR NEW.budget_id IS NOT NULL THEN
            RAISE EXCEPTION 'zhigong: a payable begins as a request' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.person_id, NEW.amount_fen, NEW.service_id, NEW.year, NEW.key) IS DISTINCT FROM
       (OLD.person_id, OLD.amount_fen, OLD.service_id, OLD.year, OLD.key)
       OR (OLD.budget_id IS NOT NULL AND NEW.budget_id IS DISTINCT FROM OLD.budget_id) THEN
        RAISE EXCEPTION 'zhigong: whom and how much is settled' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> NEW.state AND NOT NEW.state = ANY (
        (ARRAY['{2,3,4,9}','{3,4,6,9}','{4,9}','{3,5,6,9}','{4,6,7,8}','{7}','{2,3,4,6,9}','{6,7}','{}'])[OLD.state]::smallint[]) THEN
        RAISE EXCEPTION 'zhigong: a payable may not step from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 6 AND NEW.state = 7 AND OLD.amount_fen = OLD.offset_fen THEN
        RAISE EXCEPTION 'zhigong: what was set off in full never went to a bank' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard BEFORE INSERT OR UPDATE ON funds_payable FOR EACH ROW EXECUTE FUNCTION funds_payable_guard();

-- Of a payee account only whether it is in use may change.
CREATE OR REPLACE FUNCTION funds_payee_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.person_id, NEW.heir, NEW.holder, NEW.bank, NEW.number_cipher, NEW.number_index, NEW.key) IS DISTINCT FROM
       (OLD.id, OLD.person_id, OLD.heir, OLD.holder, OLD.bank, OLD.number_cipher, OLD.number_index, OLD.key)
       OR (NEW.current AND NOT OLD.current) THEN
        RAISE EXCEPTION 'zhigong: a payee account is replaced, not changed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard BEFORE UPDATE ON funds_payee FOR EACH ROW EXECUTE FUNCTION funds_payee_guard();

-- A batch goes draft, frozen, released, settled, or is dissolved before its release; what was frozen stays as it was.
CREATE OR REPLACE FUNCTION funds_batch_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.state <> NEW.state AND NOT NEW.state = ANY ((ARRAY['{2,5}','{3,5}','{4}','{}','{}'])[OLD.state]::smallint[]) THEN
        RAISE EXCEPTION 'zhigong: a batch may not step from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.number, NEW.key, NEW.made_by, NEW.made_on) IS DISTINCT FROM (OLD.number, OLD.key, OLD.made_by, OLD.made_on)
       OR (OLD.state > 1 AND (NEW.line_count, NEW.sum_fen, NEW.hash, NEW.frozen_by)
           IS DISTINCT FROM (OLD.line_count, OLD.sum_fen, OLD.hash, OLD.frozen_by))
       OR (OLD.state > 2 AND (NEW.released_by, NEW.released_on) IS DISTINCT FROM (OLD.released_by, OLD.released_on)) THEN
        RAISE EXCEPTION 'zhigong: a frozen batch does not change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard BEFORE UPDATE ON funds_batch FOR EACH ROW EXECUTE FUNCTION funds_batch_guard();

-- Lines enter a draft only; the bank's answer enters a released batch only; a line once rejected is final, a line once paid may
-- come back (退汇), entered by another person than who made the batch.
CREATE OR REPLACE FUNCTION funds_line_guard() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    stage smallint := (SELECT b.state FROM funds_batch b WHERE b.id = NEW.batch_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF stage IS DISTINCT FROM 1 OR NEW.state <> 1 THEN
            RAISE EXCEPTION 'zhigong: lines enter a draft only' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.batch_id, NEW.payable_id, NEW.payee_id, NEW.number, NEW.serial, NEW.fen) IS DISTINCT FROM
       (OLD.batch_id, OLD.payable_id, OLD.payee_id, OLD.number, OLD.serial, OLD.fen) THEN
        RAISE EXCEPTION 'zhigong: a line does not change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> NEW.state AND NOT (
        (stage = 3 AND ((OLD.state = 1 AND NEW.state IN (2, 3, 4)) OR (OLD.state = 4 AND NEW.state IN (2, 3))))
        OR (stage IN (3, 4) AND OLD.state = 2 AND NEW.state = 6)
        OR (stage IN (1, 2) AND OLD.state = 1 AND NEW.state = 5)) THEN
        RAISE EXCEPTION 'zhigong: a line may not step from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 2 AND NEW.state = 6 AND NOT EXISTS (
        SELECT 1 FROM funds_batch b WHERE b.id = NEW.batch_id AND kernel_scope_account() NOT IN (b.made_by, b.frozen_by)) THEN
        RAISE EXCEPTION 'zhigong: a return is entered by another person than who made the batch' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER guard BEFORE INSERT OR UPDATE ON funds_line FOR EACH ROW EXECUTE FUNCTION funds_line_guard();
