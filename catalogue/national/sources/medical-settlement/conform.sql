-- One row per settlement. A row that contradicts itself, or lacks its number, day or an amount, counts for nothing
-- until its sender corrects it. A reversal (冲销) is a row of its own with negative amounts; models let it count once
-- its original is there, so it does not matter which of the two came first.
SELECT * REPLACE (
        CASE WHEN counts THEN total END AS total,
        CASE WHEN counts THEN policy_own END AS policy_own,
        CASE WHEN counts THEN own END AS own
    ),
    wrong AS "problem:总费用"
FROM (
    SELECT *,
        CASE WHEN reverses = serial THEN 'reverses-itself'
            WHEN reverses IS NULL AND least(total, policy_own, own) < 0 THEN 'negative-amount'
            WHEN reverses IS NOT NULL AND greatest(total, policy_own, own) > 0 THEN 'positive-reversal'
            WHEN abs(policy_own) > abs(total) OR abs(own) > abs(total) THEN 'own-above-total'
        END AS wrong,
        wrong IS NULL AND serial IS NOT NULL AND settled_on IS NOT NULL
            AND total IS NOT NULL AND policy_own IS NOT NULL AND own IS NOT NULL AS counts
    FROM typed
)
