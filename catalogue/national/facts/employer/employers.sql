-- One row per employer: months of social insurance owed, and the last four quarters of its tax returns.
-- The number of a quarter is its year times four and its place: 2026Q3 is later than 2025Q4 by three. The date of a
-- month paid is that of the first file that told it: later files that say the same are no news.
WITH returns AS (
    SELECT employer_key, period, staff, payroll, profit, union_fund, as_of, batch
    FROM (
        SELECT
            t.employer_key, t.period, t.staff, t.payroll, t.profit, t.union_fund, t.as_of, t.batch,
            row_number() OVER (PARTITION BY t.employer_key, t.period ORDER BY t.as_of DESC, t.batch DESC, t.data_row DESC) AS place
        FROM tax AS t
        WHERE t.employer_key IS NOT NULL AND t.period IS NOT NULL
    ) AS ranked
    WHERE place = 1
), recent AS (
    SELECT
        r.employer_key,
        max(r.period) AS latest,
        sum(CASE WHEN r.payroll IS NULL THEN 1 ELSE 0 END) AS payroll_unclear,
        sum(r.payroll) AS payroll,
        sum(CASE WHEN r.union_fund IS NULL THEN 1 ELSE 0 END) AS fund_unclear,
        sum(coalesce(r.union_fund, 0)) AS union_fund,
        sum(CASE WHEN r.profit IS NULL THEN 1 ELSE 0 END) AS profit_unclear,
        sum(r.profit) AS profit,
        max(r.as_of) AS as_of,
        max(r.batch) AS batch
    FROM returns AS r
    CROSS JOIN month AS m
    WHERE CAST(substring(r.period, 1, 4) AS INT) * 4 + CAST(substring(r.period, 6, 1) AS INT)
        > (extract(year FROM m.starts_on) - 1) * 4 + floor((extract(month FROM m.starts_on) + 2) / 3)
    GROUP BY r.employer_key
), paid AS (
    SELECT employer_key, max(month) AS month
    FROM social_insurance
    WHERE employer_key IS NOT NULL AND month IS NOT NULL
    GROUP BY employer_key
), insured AS (
    SELECT p.employer_key, p.month, min(s.as_of) AS as_of, min(s.batch) AS batch
    FROM paid AS p
    JOIN social_insurance AS s ON s.employer_key = p.employer_key AND s.month = p.month
    GROUP BY p.employer_key, p.month
), latest AS (
    SELECT max(month) AS month FROM insured
), keys AS (
    SELECT employer_key FROM recent
    UNION
    SELECT employer_key FROM insured
)
SELECT
    k.employer_key,
    CAST((extract(year FROM l.month) - extract(year FROM i.month)) * 12
        + extract(month FROM l.month) - extract(month FROM i.month) AS BIGINT) AS employer_arrears_months,
    now_staff.staff AS employer_staff,
    CASE WHEN r.payroll_unclear = 0 THEN CAST(r.payroll AS BIGINT) END AS employer_wage_total_year,
    CASE WHEN r.fund_unclear = 0 OR r.union_fund > 0 THEN CAST(r.union_fund AS BIGINT) END AS employer_union_fund_year,
    CASE WHEN r.profit_unclear = 0 THEN r.profit < 0 END AS employer_in_loss,
    CASE WHEN r.employer_key IS NULL THEN 'social-insurance' WHEN i.employer_key IS NULL THEN 'tax'
        ELSE 'social-insurance+tax' END AS source,
    greatest(coalesce(i.as_of, r.as_of), coalesce(r.as_of, i.as_of)) AS as_of,
    greatest(coalesce(i.batch, r.batch), coalesce(r.batch, i.batch)) AS batch
FROM keys AS k
LEFT JOIN insured AS i ON i.employer_key = k.employer_key
LEFT JOIN recent AS r ON r.employer_key = k.employer_key
LEFT JOIN returns AS now_staff ON now_staff.employer_key = r.employer_key AND now_staff.period = r.latest
CROSS JOIN latest AS l
