-- One row per member. The number on the document is better evidence than what was typed beside it:
-- birth date and sex come from a sound number, a contradiction is shown to the sender.
SELECT * REPLACE (
        coalesce(id_number_birth, birth_date) AS birth_date,
        coalesce(id_number_sex, sex) AS sex
    ),
    CASE WHEN birth_date <> id_number_birth AND NOT (birth_date_precision = 'month'
            AND date_trunc('month', id_number_birth) = birth_date)
        THEN 'birth-mismatch' END AS "problem:出生日期",
    CASE WHEN sex IN ('1', '2') AND sex <> id_number_sex
        THEN 'sex-mismatch' END AS "problem:性别"
FROM typed
