-- One row per taxpayer and quarter. The quarter is kept as 2026Q3, however it was written; quarters to come are none.
SELECT * REPLACE (CASE WHEN written <> '' AND written <= today THEN written END AS period),
    CASE WHEN period IS NOT NULL AND written = '' THEN 'bad-period'
        WHEN written > today THEN 'future-period' END AS "problem:所属期"
FROM (
    SELECT typed.*,
        regexp_replace(
            regexp_extract(period, '^(19|20)[0-9]{2}(Q[1-4]|年?第?[一二三四1-4]季度?)$'),
            '^([0-9]{4})[^一二三四1-4]*([一二三四1-4]).*$', '\1Q\2'
        ).translate('一二三四', '1234') AS written,
        year(receipt_day) || 'Q' || quarter(receipt_day) AS today
    FROM typed CROSS JOIN day
)
