SELECT s.source, s.kind, s.row_count, s.matched, s.run_id
FROM {{ run_sources }} AS s
JOIN {{ runs }} AS r ON r.run_id = s.run_id AND r.status = 'published'
JOIN (
  SELECT s2.source, s2.kind, MAX(r2.epoch) AS epoch
  FROM {{ run_sources }} AS s2
  JOIN {{ runs }} AS r2 ON r2.run_id = s2.run_id AND r2.status = 'published'
  WHERE s2.status <> 'refused'
  GROUP BY s2.source, s2.kind
) AS latest ON latest.source = s.source AND latest.kind = s.kind AND latest.epoch = r.epoch
WHERE s.status <> 'refused'
ORDER BY s.source, s.kind
