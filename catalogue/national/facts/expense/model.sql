-- What the household had to pay this calendar year: its own part of medical bills, and a year's tuition (刚性支出).
-- The departments see of a sudden loss only what hospitals took; the rest the family must tell.
WITH medical AS (
    SELECT
        m.household_no,
        sum(b.own) AS own,
        sum(CASE WHEN b.visit = 'ward' THEN b.own ELSE 0 END) AS ward,
        max(b.as_of) AS as_of,
        max(b.batch) AS batch
    FROM bills AS b
    CROSS JOIN year AS y
    JOIN household_members AS m ON m.subject_id = b.subject_id
    WHERE b.settled_on >= y.starts_on
    GROUP BY m.household_no
), tuition AS (
    SELECT
        household_no,
        sum(fee) AS fees,
        sum(CASE WHEN fee IS NULL THEN 1 ELSE 0 END) AS unclear,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM pupils
    GROUP BY household_no
)
SELECT
    p.person_id,
    CASE WHEN c.source IS NOT NULL AND coalesce(t.unclear, 0) = 0
        THEN CAST(coalesce(e.own, 0) + coalesce(t.fees, 0) AS BIGINT) END AS household_rigid_expense_year,
    CAST(coalesce(e.own, 0) AS BIGINT) AS household_medical_own_year,
    CASE WHEN e.ward > 0 THEN CAST(e.ward AS BIGINT) END AS sudden_loss_year,
    CASE WHEN c.source IS NULL THEN 'medical-settlement+household' ELSE 'medical-settlement+school+household' END AS source,
    greatest(coalesce(e.as_of, s.as_of), coalesce(t.as_of, s.as_of)) AS as_of,
    greatest(coalesce(e.batch, s.batch), coalesce(t.batch, s.batch)) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'medical-settlement'
JOIN household_members AS m ON m.subject_id = p.person_id
LEFT JOIN sources AS c ON c.source = 'school'
LEFT JOIN medical AS e ON e.household_no = m.household_no
LEFT JOIN tuition AS t ON t.household_no = m.household_no
