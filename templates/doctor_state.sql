SELECT 1 AS violations, 'epoch ' || CAST(s.epoch AS {{ text }}) AS what
FROM {{ state }} AS s
CROSS JOIN (SELECT COALESCE(MAX(epoch), 0) AS epoch FROM {{ runs }} WHERE status = 'published') AS newest
LEFT JOIN (SELECT DISTINCT epoch, run_id FROM {{ runs }} WHERE status = 'published') AS r ON r.epoch = s.epoch AND r.run_id = s.run_id
WHERE s.epoch <> newest.epoch OR (s.epoch > 0 AND r.epoch IS NULL)
UNION ALL
SELECT 1 AS violations, CAST(c.n AS {{ text }}) || ' rows' AS what
FROM (SELECT COUNT(*) AS n FROM {{ state }}) AS c
WHERE c.n <> 1
