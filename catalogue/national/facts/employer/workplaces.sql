-- Whom each person of the base works for: by social insurance where she is paid for, else as the base has it.
SELECT p.person_id, coalesce(s.employer_key, p.employer_key) AS employer_key
FROM persons AS p
LEFT JOIN (
    SELECT
        subject_id, employer_key,
        row_number() OVER (
            PARTITION BY subject_id ORDER BY month DESC, as_of DESC, batch DESC, data_row DESC, employer_key
        ) AS place
    FROM social_insurance
    WHERE subject_id IS NOT NULL AND employer_key IS NOT NULL AND state = 'paying' AND month IS NOT NULL
) AS s ON s.subject_id = p.person_id AND s.place = 1
