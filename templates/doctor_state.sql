SELECT 1 AS violations, 'epoch ' || CAST(s.epoch AS {{ text }}) AS what
FROM {{ state }} AS s
WHERE s.epoch <> (SELECT COALESCE(MAX(r.epoch), 0) FROM {{ runs }} AS r WHERE r.status = 'published')
  OR (
    s.epoch > 0
    AND NOT EXISTS (
      SELECT 1 FROM {{ runs }} AS r WHERE r.status = 'published' AND r.epoch = s.epoch AND r.run_id = s.run_id
    )
  )
UNION ALL
SELECT 1 AS violations, CAST(COUNT(*) AS {{ text }}) || ' rows' AS what
FROM {{ state }}
HAVING COUNT(*) <> 1
