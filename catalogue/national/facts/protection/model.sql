-- Low-income protection of a person's household; who is on no list has none.
WITH listed AS (
    SELECT
        subject_id,
        max(CASE category WHEN 'tekun' THEN 3 WHEN 'dibao' THEN 2 WHEN 'edge' THEN 1 ELSE 0 END) AS degree,
        max(amount) AS amount,
        min(since) AS since,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM low_income
    WHERE subject_id IS NOT NULL
    GROUP BY subject_id
), homes AS (
    SELECT m.household_no, max(l.degree) AS degree, max(l.as_of) AS as_of, max(l.batch) AS batch
    FROM household_members AS m
    JOIN listed AS l ON l.subject_id = m.subject_id
    GROUP BY m.household_no
), standing AS (
    SELECT
        p.person_id, p.identified, m.household_no,
        greatest(coalesce(l.degree, 0), coalesce(h.degree, 0)) AS degree,
        l.subject_id, l.amount, l.since,
        coalesce(l.as_of, h.as_of, s.as_of) AS as_of,
        coalesce(l.batch, h.batch, s.batch) AS batch
    FROM persons AS p
    JOIN sources AS s ON s.source = 'low-income'
    LEFT JOIN household_members AS m ON m.subject_id = p.person_id
    LEFT JOIN homes AS h ON h.household_no = m.household_no
    LEFT JOIN listed AS l ON l.subject_id = p.person_id
)
SELECT
    person_id,
    CASE WHEN degree = 3 THEN 'tekun' WHEN degree = 2 THEN 'dibao' WHEN degree = 1 THEN 'edge'
        WHEN identified THEN 'none' END AS low_income_status,
    CASE WHEN subject_id IS NOT NULL THEN amount WHEN identified THEN 0 END AS low_income_amount_month,
    since AS low_income_since,
    'low-income' AS source,
    as_of,
    batch
FROM standing
