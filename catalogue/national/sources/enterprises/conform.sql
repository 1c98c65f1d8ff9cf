-- One row per registered enterprise, as the register words it.
SELECT * REPLACE (regexp_replace(status, '[（(].*$', '') AS status)
FROM typed
