-- A file of a batch follows its batch; what was asked for is never changed, only how far it is.
ALTER TABLE funds_passedfile ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_passedfile FORCE ROW LEVEL SECURITY;
CREATE POLICY with_batch ON funds_passedfile FOR ALL USING (batch_id IN (SELECT id FROM funds_batch))
    WITH CHECK (batch_id IN (SELECT id FROM funds_batch));
GRANT SELECT, INSERT ON funds_passedfile TO {web}, {job};
GRANT UPDATE (state, error, result, cipher, job) ON funds_passedfile TO {web}, {job};
