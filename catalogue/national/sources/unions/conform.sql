-- One row per union. Covered employers come as one cell; whatever parts them becomes a semicolon.
SELECT * REPLACE (
        nullif(regexp_replace(zg_fold(coalesce(covered_credit_codes, '')), '[;；、,，|/]+', ';', 'g'), '')
            AS covered_credit_codes
    ),
    CASE WHEN parent_code IS NULL AND level NOT IN ('city', 'province', 'national') THEN 'parent-missing'
        WHEN parent_code = code THEN 'parent-self' END AS "problem:上级工会编码",
    CASE WHEN term_ends_on < founded_on THEN 'term-before-founding' END AS "problem:届满日期",
    CASE WHEN NOT regexp_full_match(
            zg_fold(coalesce(covered_credit_codes, '')), '(?:[0-9A-Z]{18}(?:[;；、,，|/]+|$))*'
        ) THEN 'covered-bad' END AS "problem:覆盖单位信用代码"
FROM typed
