-- Recognised work injuries (工伤认定) of a person, the gravest first.
WITH own AS (
    SELECT
        subject_id,
        count(*) AS times,
        max(happened_on) AS last_on,
        max(CASE harm WHEN 'minor' THEN 1 WHEN 'serious' THEN 2 WHEN 'grade_10' THEN 3 WHEN 'grade_9' THEN 4
            WHEN 'grade_8' THEN 5 WHEN 'grade_7' THEN 6 WHEN 'grade_6' THEN 7 WHEN 'grade_5' THEN 8 WHEN 'grade_4' THEN 9
            WHEN 'grade_3' THEN 10 WHEN 'grade_2' THEN 11 WHEN 'grade_1' THEN 12 WHEN 'fatal' THEN 13 END) AS degree,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM work_injury
    WHERE subject_id IS NOT NULL
    GROUP BY subject_id
)
SELECT
    p.person_id,
    CAST(coalesce(o.times, 0) AS BIGINT) AS injury_count,
    o.last_on AS last_injury_on,
    CASE o.degree WHEN 1 THEN 'minor' WHEN 2 THEN 'serious' WHEN 3 THEN 'grade_10' WHEN 4 THEN 'grade_9'
        WHEN 5 THEN 'grade_8' WHEN 6 THEN 'grade_7' WHEN 7 THEN 'grade_6' WHEN 8 THEN 'grade_5' WHEN 9 THEN 'grade_4'
        WHEN 10 THEN 'grade_3' WHEN 11 THEN 'grade_2' WHEN 12 THEN 'grade_1' WHEN 13 THEN 'fatal'
        ELSE CASE WHEN o.subject_id IS NULL THEN 'none' END END AS injury_degree,
    'work-injury' AS source,
    coalesce(o.as_of, s.as_of) AS as_of,
    coalesce(o.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'work-injury'
LEFT JOIN own AS o ON o.subject_id = p.person_id
WHERE p.identified OR o.subject_id IS NOT NULL
