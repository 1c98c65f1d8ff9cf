-- The pupils of a person's household. A private school is ruled out when everybody of an age to study (3 to 24) is at
-- a school of the city or at work; otherwise the family must be asked.
WITH homes AS (
    SELECT
        household_no,
        count(*) AS pupils,
        sum(CASE WHEN stage = 'college' THEN 1 ELSE 0 END) AS students,
        sum(CASE WHEN fee IS NULL THEN 1 ELSE 0 END) AS unclear,
        sum(coalesce(fee, 0)) AS fees,
        max(CASE WHEN dear THEN 1 ELSE 0 END) AS dear,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM pupils
    GROUP BY household_no
), young AS (
    SELECT
        m.household_no,
        sum(CASE WHEN m.living
            AND (m.birth_date IS NULL OR extract(year FROM y.starts_on) - extract(year FROM m.birth_date) BETWEEN 3 AND 24)
            AND coalesce(i.earning, FALSE) = FALSE AND s.subject_id IS NULL
            THEN 1 ELSE 0 END) AS elsewhere
    FROM household_members AS m
    CROSS JOIN year AS y
    LEFT JOIN incomes AS i ON i.subject_id = m.subject_id
    LEFT JOIN (
        SELECT subject_id FROM pupils WHERE subject_id IS NOT NULL AND dear = FALSE GROUP BY subject_id
    ) AS s ON s.subject_id = m.subject_id
    GROUP BY m.household_no
)
SELECT
    p.person_id,
    CAST(coalesce(h.pupils, 0) AS BIGINT) AS children_in_school,
    CAST(coalesce(h.students, 0) AS BIGINT) AS children_in_college,
    CASE WHEN coalesce(h.unclear, 0) = 0 THEN CAST(coalesce(h.fees, 0) AS BIGINT) END AS tuition_year,
    CASE WHEN h.dear = 1 THEN TRUE WHEN w.elsewhere = 0 THEN FALSE END AS private_school_or_study_abroad,
    'school+household' AS source,
    coalesce(h.as_of, s.as_of) AS as_of,
    coalesce(h.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'school'
JOIN household_members AS m ON m.subject_id = p.person_id
JOIN young AS w ON w.household_no = m.household_no
LEFT JOIN homes AS h ON h.household_no = m.household_no
