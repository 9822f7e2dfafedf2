SELECT 1 AS violations, COALESCE(c.segment, m.segment) AS what
FROM (
  SELECT segment, COUNT(*) AS members FROM {{ members }} GROUP BY segment
) AS m
FULL OUTER JOIN (
  SELECT segment, members FROM {{ catalog }} WHERE entity = {{ entity }}
) AS c ON c.segment = m.segment
WHERE COALESCE(m.members, 0) IS DISTINCT FROM c.members
ORDER BY what
