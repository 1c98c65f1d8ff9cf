-- Rows without a chain of their own follow the row they belong to; its policy decides.
ALTER TABLE funds_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_account FORCE ROW LEVEL SECURITY;
CREATE POLICY with_budget ON funds_account FOR ALL USING (budget_id IN (SELECT id FROM funds_budget))
    WITH CHECK (budget_id IN (SELECT id FROM funds_budget));
GRANT SELECT ON funds_account TO {web}, {job}, {export};

ALTER TABLE funds_transfer ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_transfer FORCE ROW LEVEL SECURITY;
CREATE POLICY with_account ON funds_transfer FOR ALL USING (debit_id IN (SELECT id FROM funds_account))
    WITH CHECK (debit_id IN (SELECT id FROM funds_account) AND credit_id IN (SELECT id FROM funds_account));
GRANT SELECT ON funds_transfer TO {web}, {job}, {export};

ALTER TABLE funds_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_line FORCE ROW LEVEL SECURITY;
CREATE POLICY with_batch ON funds_line FOR ALL USING (batch_id IN (SELECT id FROM funds_batch))
    WITH CHECK (batch_id IN (SELECT id FROM funds_batch));
GRANT SELECT, INSERT ON funds_line TO {web}, {job};
GRANT UPDATE (state, problem, answered_on) ON funds_line TO {web}, {job};

ALTER TABLE funds_answer ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_answer FORCE ROW LEVEL SECURITY;
CREATE POLICY with_batch ON funds_answer FOR ALL USING (batch_id IN (SELECT id FROM funds_batch))
    WITH CHECK (batch_id IN (SELECT id FROM funds_batch));
GRANT SELECT, INSERT ON funds_answer TO {web}, {job};

-- Whoever sees the person sees that an account is registered, and may register one; only its use may be ended.
ALTER TABLE funds_payee ENABLE ROW LEVEL SECURITY;
ALTER TABLE funds_payee FORCE ROW LEVEL SECURITY;
CREATE POLICY with_person ON funds_payee FOR ALL USING (EXISTS (SELECT 1 FROM people_person p WHERE p.id = person_id))
    WITH CHECK (EXISTS (SELECT 1 FROM people_person p WHERE p.id = person_id));
GRANT SELECT, INSERT ON funds_payee TO {web}, {job};
GRANT UPDATE (current) ON funds_payee TO {web}, {job};

REVOKE DELETE ON funds_budget, funds_payable, funds_batch, funds_claim FROM {web}, {job};
CREATE SEQUENCE funds_batch_no AS bigint;
ALTER TABLE funds_batch ALTER COLUMN number SET DEFAULT nextval('funds_batch_no');
GRANT USAGE ON SEQUENCE funds_batch_no TO {web}, {job};
