-- Sex, age and death. The base knows the day of death; the household register only that somebody died.
WITH known AS (
    SELECT
        p.person_id, p.sex, p.birth_date, p.deceased_on, p.as_of,
        p.deceased_on IS NOT NULL OR coalesce(m.state = 'dead', FALSE) AS deceased,
        coalesce(p.deceased_on, d.today) AS until,
        m.subject_id IS NOT NULL AS registered,
        m.as_of AS registered_as_of, m.batch AS registered_batch
    FROM persons AS p
    CROSS JOIN day AS d
    LEFT JOIN household_members AS m ON m.subject_id = p.person_id
)
SELECT
    person_id,
    sex,
    CASE WHEN deceased_on IS NOT NULL OR deceased = FALSE
        THEN CAST(extract(year FROM until) - extract(year FROM birth_date)
            - CASE WHEN extract(month FROM until) * 100 + extract(day FROM until)
                < extract(month FROM birth_date) * 100 + extract(day FROM birth_date) THEN 1 ELSE 0 END AS BIGINT)
        END AS age,
    deceased,
    deceased_on AS death_date,
    CASE WHEN registered THEN 'base+household' ELSE 'base' END AS source,
    greatest(as_of, coalesce(registered_as_of, as_of)) AS as_of,
    registered_batch AS batch
FROM known
