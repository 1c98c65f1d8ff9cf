-- What each insured subject earns or draws a month. Null where a row in force has no readable amount or state: a sum
-- without it would be a guess.
SELECT
    subject_id,
    CAST(CASE WHEN sum(CASE WHEN state IS NULL OR (state = 'paying' AND base IS NULL) THEN 1 ELSE 0 END) = 0
        THEN sum(CASE WHEN state = 'paying' THEN base ELSE 0 END) END AS BIGINT) AS wage_month,
    CAST(CASE WHEN sum(CASE WHEN state IS NULL OR (state = 'retired' AND base IS NULL) THEN 1 ELSE 0 END) = 0
        THEN sum(CASE WHEN state = 'retired' THEN base ELSE 0 END) END AS BIGINT) AS pension_month,
    CASE WHEN sum(CASE WHEN state IN ('paying', 'retired') THEN 1 ELSE 0 END) > 0 THEN TRUE
        WHEN sum(CASE WHEN state IS NULL THEN 1 ELSE 0 END) = 0 THEN FALSE END AS earning,
    max(CASE WHEN state = 'paying' THEN month END) AS paid_for,
    max(as_of) AS as_of,
    max(batch) AS batch
FROM social_insurance
WHERE subject_id IS NOT NULL
GROUP BY subject_id
