-- Homes by the register of owners; who is not in it owns none in this city.
WITH own AS (
    SELECT
        subject_id,
        sum(CASE WHEN homes IS NULL AND protection IS NULL THEN 1 ELSE 0 END) AS unclear,
        sum(coalesce(homes, 0)) AS homes,
        max(CASE protection WHEN 'low_rent' THEN 3 WHEN 'public_rental' THEN 2 WHEN 'affordable' THEN 1 ELSE 0 END) AS support,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM housing
    WHERE subject_id IS NOT NULL
    GROUP BY subject_id
), homes AS (
    SELECT
        m.household_no,
        sum(coalesce(o.unclear, 0)) AS unclear,
        sum(coalesce(o.homes, 0)) AS homes,
        max(coalesce(o.support, 0)) AS support,
        max(o.as_of) AS as_of,
        max(o.batch) AS batch
    FROM household_members AS m
    LEFT JOIN own AS o ON o.subject_id = m.subject_id
    GROUP BY m.household_no
)
SELECT
    p.person_id,
    CASE WHEN h.unclear = 0 THEN CAST(h.homes AS BIGINT) END AS homes_owned,
    CASE WHEN o.unclear = 0 THEN CAST(o.homes AS BIGINT)
        WHEN o.subject_id IS NULL AND p.identified THEN 0 END AS homes_owned_self,
    CASE WHEN h.support = 3 THEN 'low_rent' WHEN h.support = 2 THEN 'public_rental'
        WHEN h.support = 1 THEN 'affordable' WHEN h.support = 0 THEN 'none' END AS housing_support,
    CASE WHEN h.household_no IS NULL THEN 'housing' ELSE 'housing+household' END AS source,
    coalesce(h.as_of, o.as_of, s.as_of) AS as_of,
    coalesce(h.batch, o.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'housing'
LEFT JOIN household_members AS m ON m.subject_id = p.person_id
LEFT JOIN homes AS h ON h.household_no = m.household_no
LEFT JOIN own AS o ON o.subject_id = p.person_id
