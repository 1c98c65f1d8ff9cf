-- Settlements of the calendar year, reversals taken off.
WITH year_total AS (
    SELECT
        b.subject_id,
        sum(CASE WHEN b.settled_on >= y.starts_on THEN b.total ELSE 0 END) AS total,
        sum(CASE WHEN b.settled_on >= y.starts_on THEN b.own ELSE 0 END) AS own,
        sum(CASE WHEN b.settled_on >= y.starts_on THEN b.policy_own ELSE 0 END) AS policy_own,
        sum(CASE WHEN b.settled_on >= y.starts_on THEN b.standing ELSE 0 END) AS times,
        max(CASE WHEN b.reversal THEN NULL ELSE b.settled_on END) AS last_on,
        max(b.as_of) AS as_of,
        max(b.batch) AS batch
    FROM bills AS b
    CROSS JOIN year AS y
    GROUP BY b.subject_id
)
SELECT
    p.person_id,
    CAST(coalesce(t.total, 0) AS BIGINT) AS medical_total_year,
    CAST(coalesce(t.own, 0) AS BIGINT) AS medical_own_pay_year,
    CAST(coalesce(t.policy_own, 0) AS BIGINT) AS medical_policy_own_pay_year,
    CAST(coalesce(t.times, 0) AS BIGINT) AS settlements_year,
    t.last_on AS last_settlement_on,
    'medical-settlement' AS source,
    coalesce(t.as_of, s.as_of) AS as_of,
    coalesce(t.batch, s.batch) AS batch
FROM persons AS p
JOIN sources AS s ON s.source = 'medical-settlement'
LEFT JOIN year_total AS t ON t.subject_id = p.person_id
WHERE p.identified OR t.subject_id IS NOT NULL
