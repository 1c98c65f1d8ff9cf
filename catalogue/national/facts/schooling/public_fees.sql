-- What the city's public schools take a year, per stage, in whole hundreds of yuan; for the whole city.
SELECT stage, CAST(floor(avg(fee) / 10000) AS BIGINT) * 10000 AS fee
FROM school
WHERE stage IS NOT NULL AND fee IS NOT NULL
    AND school NOT LIKE '%民办%' AND school NOT LIKE '%私立%' AND school NOT LIKE '%国际%'
GROUP BY stage
