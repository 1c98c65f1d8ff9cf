-- Work and pension insurance. Nobody reports the first day of a labour relation: having been a member for a year
-- proves a year of it; else the end of the job before tells how long it can be at most.
WITH ranked AS (
    SELECT
        subject_id, state, month, as_of, batch,
        row_number() OVER (
            PARTITION BY subject_id
            ORDER BY month DESC, CASE state WHEN 'paying' THEN 0 WHEN 'retired' THEN 1 ELSE 2 END,
                as_of DESC, batch DESC, data_row DESC
        ) AS place
    FROM social_insurance
    WHERE subject_id IS NOT NULL AND month IS NOT NULL
), insured AS (
    SELECT
        subject_id,
        max(CASE WHEN place = 1 THEN state END) AS state,
        max(CASE WHEN state <> 'retired' THEN month END) AS paid_until,
        max(CASE WHEN state IN ('suspended', 'ended') THEN month END) AS left_in,
        max(CASE WHEN state = 'paying' THEN 1 ELSE 0 END) AS paying,
        max(as_of) AS as_of,
        max(batch) AS batch
    FROM ranked
    GROUP BY subject_id
), spans AS (
    SELECT
        p.person_id,
        (extract(year FROM d.today) - extract(year FROM p.joined_on)) * 12
            + extract(month FROM d.today) - extract(month FROM p.joined_on)
            - CASE WHEN extract(day FROM d.today) < extract(day FROM p.joined_on) THEN 1 ELSE 0 END AS joined_months,
        CASE WHEN i.paying = 1 THEN (extract(year FROM d.today) - extract(year FROM i.left_in)) * 12
            + extract(month FROM d.today) - extract(month FROM i.left_in) - 1 END AS free_months
    FROM persons AS p
    CROSS JOIN day AS d
    LEFT JOIN insured AS i ON i.subject_id = p.person_id
)
SELECT
    p.person_id,
    CASE p.employment WHEN '1' THEN 'working' WHEN '2' THEN 'waiting' WHEN '3' THEN 'unemployed' WHEN '4' THEN 'retired'
        WHEN '5' THEN 'veteran' WHEN '6' THEN 'resigned' WHEN '7' THEN 'early_retired' WHEN '8' THEN 'sick_leave'
        WHEN '9' THEN 'other' END AS employment_state,
    i.state AS insured_state,
    i.paid_until AS insured_paid_until,
    CASE WHEN p.membership_status <> 'active' THEN NULL
        WHEN s.joined_months >= 12 THEN CAST(s.joined_months AS BIGINT)
        WHEN s.free_months >= 0 THEN CAST(s.free_months AS BIGINT) END AS months_of_labour_relation,
    CASE WHEN i.subject_id IS NULL THEN 'base' ELSE 'base+social-insurance' END AS source,
    coalesce(i.as_of, p.as_of) AS as_of,
    i.batch
FROM persons AS p
JOIN spans AS s ON s.person_id = p.person_id
LEFT JOIN insured AS i ON i.subject_id = p.person_id
