-- Standing in the union, from the real-name base. Medical mutual aid comes free with an employer that pays its union
-- fund; of an employer without any tax return it isn't known. Membership ends with death, whatever the union noted.
SELECT
    p.person_id,
    CASE WHEN p.deceased_on IS NOT NULL AND p.membership_status <> 'none' THEN 'ended'
        ELSE p.membership_status END AS membership_status,
    CASE WHEN p.membership_status <> 'none' AND p.joined_on <= d.today
        THEN CAST((extract(year FROM d.today) - extract(year FROM p.joined_on)) * 12
            + extract(month FROM d.today) - extract(month FROM p.joined_on)
            - CASE WHEN extract(day FROM d.today) < extract(day FROM p.joined_on) THEN 1 ELSE 0 END AS BIGINT)
        END AS months_of_membership,
    p.is_migrant,
    CASE WHEN p.membership_status <> 'active' OR p.deceased_on IS NOT NULL THEN FALSE
        ELSE e.employer_union_fund_year > 0 END AS mutual_aid_enrolled,
    CASE WHEN e.employer_union_fund_year IS NULL THEN 'base' ELSE 'base+tax' END AS source,
    p.as_of,
    CASE WHEN e.employer_union_fund_year IS NOT NULL THEN e.batch END AS batch
FROM persons AS p
CROSS JOIN day AS d
LEFT JOIN workplaces AS w ON w.person_id = p.person_id
LEFT JOIN employers AS e ON e.employer_key = w.employer_key
