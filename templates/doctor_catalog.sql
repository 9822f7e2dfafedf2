SELECT 1 AS violations, COALESCE(c.segment, m.segment) AS what
FROM (
  SELECT segment, COUNT(*) AS members FROM {{ members }} GROUP BY segment
) AS m
FULL OUTER JOIN (
  SELECT segment, members FROM {{ catalog }} WHERE entity = {{ entity }}
) AS c ON c.segment = m.segment
WHERE COALESCE(m.members, 0) IS DISTINCT FROM c.members
UNION ALL
SELECT COUNT(*) - 1 AS violations, segment AS what
FROM {{ catalog }}
WHERE entity = {{ entity }}
GROUP BY segment
HAVING COUNT(*) > 1
ORDER BY what
