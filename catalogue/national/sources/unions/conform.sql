-- One row per union. Covered employers come as one cell; whatever parts them becomes a semicolon.
WITH parted AS (
    SELECT *,
        string_split_regex(zg_fold(coalesce(covered_credit_codes, '')), '[;；、,，|/]+') AS given
    FROM typed
)
SELECT * EXCLUDE (given) REPLACE (
        nullif(array_to_string(list_filter(given, lambda one: length(one) = 18), ';'), '') AS covered_credit_codes
    ),
    CASE WHEN parent_code IS NULL AND level NOT IN ('city', 'province', 'national') THEN 'parent-missing'
        WHEN parent_code = code THEN 'parent-self' END AS "problem:上级工会编码",
    CASE WHEN term_ends_on < founded_on THEN 'term-before-founding' END AS "problem:届满日期",
    CASE WHEN len(list_filter(given, lambda one: length(one) NOT IN (0, 18))) > 0
        THEN 'covered-bad' END AS "problem:覆盖单位信用代码"
FROM parted
