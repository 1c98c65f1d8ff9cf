-- One row per pupil. The school year is kept as 2026-2027, however it was written.
SELECT * REPLACE (CASE WHEN written <> '' THEN written END AS school_year),
    CASE WHEN school_year IS NOT NULL AND written = '' THEN 'bad-year' END AS "problem:学年"
FROM (
    SELECT *,
        regexp_replace(
            regexp_extract(school_year, '^20[0-9]{2}[-—–~/至]20[0-9]{2}(学年度?)?$'),
            '^([0-9]{4}).([0-9]{4}).*$', '\1-\2'
        ) AS written
    FROM typed
)
