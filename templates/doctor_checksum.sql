SELECT 1 AS violations, 'run ' || r.run_id AS what
FROM {{ runs }} AS r
JOIN {{ state }} AS s ON s.run_id = r.run_id
WHERE r.status = 'published'
  AND r.members_checksum IS DISTINCT FROM (
    {{ checksum | indent(4) }}
  )
