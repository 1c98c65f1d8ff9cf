-- The facts of the employer of each person who has one.
SELECT
    w.person_id,
    e.employer_arrears_months,
    e.employer_staff,
    e.employer_wage_total_year,
    e.employer_union_fund_year,
    e.employer_in_loss,
    e.source,
    e.as_of,
    e.batch
FROM workplaces AS w
JOIN employers AS e ON e.employer_key = w.employer_key
