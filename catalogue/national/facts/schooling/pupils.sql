-- Pupils by household: their own, or their guardian's where the pupil's number is damaged or not registered.
-- dear: a private school that takes more than twice what public ones do.
SELECT
    s.subject_id,
    coalesce(m.household_no, g.household_no) AS household_no,
    s.stage, s.fee,
    (s.school LIKE '%民办%' OR s.school LIKE '%私立%' OR s.school LIKE '%国际%')
        AND s.fee > 2 * coalesce(f.fee, 0) AS dear,
    s.as_of, s.batch
FROM school AS s
LEFT JOIN household_members AS m ON m.subject_id = s.subject_id
LEFT JOIN household_members AS g ON g.subject_id = s.guardian_subject_id
LEFT JOIN public_fees AS f ON f.stage = s.stage
WHERE m.household_no IS NOT NULL OR g.household_no IS NOT NULL
