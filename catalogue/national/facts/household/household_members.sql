-- Who lives in which household: the newest row about each subject. A relative without a sound number counts as a
-- person of her own. living: registered and alive (人员状态 正常).
SELECT
    household_no, subject_id, birth_date, relation, state,
    state = 'present' AS living,
    batch, as_of
FROM (
    SELECT
        household_no, subject_id, birth_date, relation, state, batch, as_of,
        row_number() OVER (
            PARTITION BY coalesce(subject_id, batch || '/' || CAST(data_row AS VARCHAR))
            ORDER BY as_of DESC, batch DESC, data_row DESC
        ) AS place
    FROM household
    WHERE household_no IS NOT NULL
) AS ranked
WHERE place = 1
