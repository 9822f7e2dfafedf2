SELECT
  COALESCE(SUM(CASE WHEN k.entity_key IS NULL THEN k.n END), 0) AS without_key,
  COALESCE(SUM(CASE WHEN k.entity_key IS NOT NULL AND k.n > 1 THEN 1 END), 0) AS duplicated
FROM (
  SELECT {{ key }} AS entity_key, COUNT(*) AS n
  FROM {{ stage }}
  GROUP BY {{ key }}
) AS k
