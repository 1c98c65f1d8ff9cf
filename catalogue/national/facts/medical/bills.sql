-- Settlements that count. A reversal (冲销) counts once its original is there; the original stays, the two cancel out.
SELECT
    s.subject_id, s.settled_on, s.visit, s.total, s.policy_own, s.own,
    s.reverses IS NOT NULL AS reversal,
    CASE WHEN s.reverses IS NULL AND r.serial IS NULL THEN 1 ELSE 0 END AS standing,
    s.as_of, s.batch
FROM medical_settlement AS s
LEFT JOIN (
    SELECT subject_id, serial FROM medical_settlement WHERE reverses IS NULL AND serial IS NOT NULL GROUP BY subject_id, serial
) AS o ON o.subject_id = s.subject_id AND o.serial = s.reverses
LEFT JOIN (
    SELECT subject_id, reverses AS serial FROM medical_settlement WHERE reverses IS NOT NULL GROUP BY subject_id, reverses
) AS r ON r.subject_id = s.subject_id AND r.serial = s.serial
WHERE s.subject_id IS NOT NULL AND s.settled_on IS NOT NULL
    AND s.total IS NOT NULL AND s.policy_own IS NOT NULL AND s.own IS NOT NULL
    AND (s.reverses IS NULL OR o.serial IS NOT NULL)
