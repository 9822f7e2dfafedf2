SELECT
  s.segment, s.entity, r.as_of, CASE WHEN s.status = 'retired' THEN '' ELSE s.definition_hash END AS definition_hash, r.selection
FROM {{ run_segments }} AS s
JOIN {{ runs }} AS r ON r.run_id = s.run_id
WHERE r.status = 'published' AND s.status NOT IN ('refused', 'kept')
ORDER BY r.epoch, s.segment
