SELECT d.n AS violations, d.what
FROM (
  SELECT 'epoch ' || CAST(r.epoch AS {{ text }}) AS what, COUNT(*) - 1 AS n
  FROM {{ runs }} AS r
  WHERE r.status = 'published'
  GROUP BY r.epoch
  HAVING COUNT(*) > 1
  UNION ALL
  SELECT 'no epoch ' || CAST(r.epoch - 1 AS {{ text }}) AS what, 1 AS n
  FROM {{ runs }} AS r
  WHERE r.status = 'published'
    AND r.epoch > 1
    AND NOT EXISTS (SELECT 1 FROM {{ runs }} AS p WHERE p.status = 'published' AND p.epoch = r.epoch - 1)
  UNION ALL
  SELECT 'run ' || COALESCE(r.run_id, 'without an id') AS what, COUNT(*) AS n
  FROM {{ runs }} AS r
  GROUP BY r.run_id
  HAVING COUNT(*) > 1 OR r.run_id IS NULL
  UNION ALL
  SELECT 'segments of run ' || s.run_id AS what, COUNT(*) - 1 AS n
  FROM {{ run_segments }} AS s
  GROUP BY s.run_id, s.segment, s.entity
  HAVING COUNT(*) > 1
) AS d
ORDER BY d.what
