SELECT 1 - COUNT(*) AS violations
FROM {{ state }}
WHERE project = {{ project }} AND epoch = {{ base }} + 1 AND run_id = {{ run_id }}
