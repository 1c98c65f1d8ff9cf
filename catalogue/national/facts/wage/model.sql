-- One row per person of the base with a sound number: who is in no row of social insurance earns nothing there, unless
-- the base has her at work: then the row is missing, and so is the fact.
SELECT
    p.person_id,
    CASE WHEN i.subject_id IS NOT NULL THEN i.wage_month
        WHEN coalesce(p.employment, '') <> '1' THEN 0 END AS wage_month,
    i.paid_for AS wage_paid_for,
    CASE WHEN i.subject_id IS NULL THEN 0 ELSE i.pension_month END AS pension_month,
    'social-insurance' AS source,
    coalesce(i.as_of, s.as_of) AS as_of,
    coalesce(i.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'social-insurance'
LEFT JOIN incomes AS i ON i.subject_id = p.person_id
WHERE p.identified OR i.subject_id IS NOT NULL
