-- One row per union and service; service_id '' counts persons once whatever the service. Every level adds up from here.
WITH counted AS (
    SELECT
        l1, l2, l3, l4, '' AS service_id,
        sum(CASE WHEN membership_status = 'active' THEN 1 ELSE 0 END) AS members,
        sum(CASE WHEN membership_status = 'active' AND (insured_state IS NOT NULL OR household_size IS NOT NULL)
            THEN 1 ELSE 0 END) AS linked,
        0 AS found, 0 AS helped, 0 AS paid_fen, 0 AS open_cases
    FROM person
    GROUP BY l1, l2, l3, l4
), met AS (
    SELECT l1, l2, l3, l4, service_id, person_id FROM entitlements
    UNION
    SELECT l1, l2, l3, l4, service_id, person_id FROM cases WHERE granted OR is_open
), found AS (
    SELECT l1, l2, l3, l4, service_id, count(DISTINCT person_id) AS persons FROM met
    GROUP BY l1, l2, l3, l4, service_id
    UNION ALL
    SELECT l1, l2, l3, l4, '' AS service_id, count(DISTINCT person_id) AS persons FROM met
    GROUP BY l1, l2, l3, l4
), helped AS (
    SELECT
        l1, l2, l3, l4, service_id,
        count(DISTINCT CASE WHEN granted THEN person_id END) AS persons,
        sum(CASE WHEN is_open THEN 1 ELSE 0 END) AS open_cases
    FROM cases
    GROUP BY l1, l2, l3, l4, service_id
    UNION ALL
    SELECT
        l1, l2, l3, l4, '' AS service_id,
        count(DISTINCT CASE WHEN granted THEN person_id END) AS persons,
        sum(CASE WHEN is_open THEN 1 ELSE 0 END) AS open_cases
    FROM cases
    GROUP BY l1, l2, l3, l4
), paid AS (
    SELECT l1, l2, l3, l4, service_id, sum(fen) AS fen FROM payments GROUP BY l1, l2, l3, l4, service_id
    UNION ALL
    SELECT l1, l2, l3, l4, '' AS service_id, sum(fen) AS fen FROM payments GROUP BY l1, l2, l3, l4
), every AS (
    SELECT l1, l2, l3, l4, service_id, members, linked, found, helped, paid_fen, open_cases FROM counted
    UNION ALL
    SELECT l1, l2, l3, l4, service_id, 0, 0, persons, 0, 0, 0 FROM found
    UNION ALL
    SELECT l1, l2, l3, l4, service_id, 0, 0, 0, persons, 0, open_cases FROM helped
    UNION ALL
    SELECT l1, l2, l3, l4, service_id, 0, 0, 0, 0, fen, 0 FROM paid
)
SELECT
    l1, l2, l3, l4, service_id,
    CAST(sum(members) AS BIGINT) AS members,
    CAST(sum(linked) AS BIGINT) AS linked,
    CAST(sum(found) AS BIGINT) AS found,
    CAST(sum(helped) AS BIGINT) AS helped,
    CAST(sum(paid_fen) AS BIGINT) AS paid_fen,
    CAST(sum(open_cases) AS BIGINT) AS open_cases
FROM every
GROUP BY l1, l2, l3, l4, service_id
