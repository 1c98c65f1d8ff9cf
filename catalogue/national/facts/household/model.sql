-- One row per person of the base who is in the household register.
WITH counted AS (
    SELECT
        m.household_no,
        sum(CASE WHEN m.living THEN 1 ELSE 0 END) AS household_size,
        sum(CASE WHEN m.living AND m.relation IN ('20', '30', '40', '41', '42', '43', '44')
            AND (extract(year FROM d.today) - extract(year FROM m.birth_date)) * 10000
                + (extract(month FROM d.today) - extract(month FROM m.birth_date)) * 100
                + (extract(day FROM d.today) - extract(day FROM m.birth_date)) < 180000
            THEN 1 ELSE 0 END) AS children,
        sum(CASE WHEN m.living AND coalesce(i.earning, FALSE) = FALSE THEN 1 ELSE 0 END) AS dependants,
        sum(CASE WHEN m.living AND i.earning IS NULL AND i.subject_id IS NOT NULL THEN 1 ELSE 0 END) AS unclear,
        max(m.as_of) AS as_of,
        max(m.batch) AS batch
    FROM household_members AS m
    CROSS JOIN day AS d
    LEFT JOIN incomes AS i ON i.subject_id = m.subject_id
    GROUP BY m.household_no
)
SELECT
    p.person_id,
    CASE WHEN c.household_size > 0 THEN CAST(c.household_size AS BIGINT) END AS household_size,
    CASE WHEN m.relation IN ('01', '02') THEN 'head'
        WHEN m.relation IN ('10', '11', '12') THEN 'spouse'
        WHEN m.relation IN ('20', '30') THEN 'child'
        WHEN m.relation IN ('50', '51', '52', '53', '54', '55', '56') THEN 'parent'
        WHEN m.relation IS NOT NULL THEN 'other' END AS household_role,
    CAST(c.children AS BIGINT) AS children,
    CASE WHEN s.source IS NOT NULL AND c.unclear = 0 THEN CAST(c.dependants AS BIGINT) END AS dependants,
    'household' AS source,
    c.as_of,
    c.batch
FROM persons AS p
JOIN household_members AS m ON m.subject_id = p.person_id
JOIN counted AS c ON c.household_no = m.household_no
LEFT JOIN sources AS s ON s.source = 'social-insurance'
