-- Twelve times what the living members of the household earn or draw (困难职工家庭收入核算：工资性收入与养老金).
-- The sum isn't known when a grown-up's number is damaged, or when somebody at work by the base is not insured by any
-- row we could link to her.
WITH homes AS (
    SELECT
        m.household_no,
        sum(coalesce(i.wage_month, 0) + coalesce(i.pension_month, 0)) AS month_total,
        sum(CASE WHEN i.earning THEN 1 ELSE 0 END) AS earners,
        sum(CASE WHEN i.subject_id IS NOT NULL AND (i.wage_month IS NULL OR i.pension_month IS NULL) THEN 1
            WHEN m.subject_id IS NULL AND coalesce(extract(year FROM m.birth_date), 0) + 16 <= extract(year FROM y.starts_on)
            THEN 1
            WHEN q.membership_status = 'active' AND q.employment = '1' AND coalesce(i.earning, FALSE) = FALSE
            THEN 1 ELSE 0 END) AS unclear,
        max(i.as_of) AS as_of,
        max(i.batch) AS batch
    FROM household_members AS m
    CROSS JOIN year AS y
    LEFT JOIN incomes AS i ON i.subject_id = m.subject_id
    LEFT JOIN persons AS q ON q.person_id = m.subject_id
    WHERE m.living
    GROUP BY m.household_no
)
SELECT
    p.person_id,
    CASE WHEN h.unclear = 0 THEN CAST(12 * h.month_total AS BIGINT) END AS household_income_year,
    CASE WHEN o.subject_id IS NOT NULL THEN 12 * (o.wage_month + o.pension_month)
        WHEN p.identified AND coalesce(p.employment, '') <> '1' THEN 0 END AS own_income_year,
    CASE WHEN h.unclear = 0 THEN CAST(h.earners AS BIGINT) END AS household_earners,
    CASE WHEN h.household_no IS NULL THEN 'social-insurance' ELSE 'social-insurance+household' END AS source,
    coalesce(h.as_of, o.as_of, s.as_of) AS as_of,
    coalesce(h.batch, o.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'social-insurance'
LEFT JOIN household_members AS m ON m.subject_id = p.person_id
LEFT JOIN homes AS h ON h.household_no = m.household_no
LEFT JOIN incomes AS o ON o.subject_id = p.person_id
