SELECT COUNT(*) AS violations, d.segment AS what
FROM (
  SELECT m.segment
  FROM {{ members }} AS m
  WHERE NOT EXISTS (
    SELECT 1
    FROM {{ history }} AS h
    WHERE h.valid_to IS NULL
      AND h.segment = m.segment
      AND h.entity_key = m.entity_key
      AND h.valid_from = m.since
      AND h.entered_run = m.run_id
  )
  UNION ALL
  SELECT h.segment
  FROM {{ history }} AS h
  WHERE h.valid_to IS NULL
    AND NOT EXISTS (
      SELECT 1 FROM {{ members }} AS m WHERE m.segment = h.segment AND m.entity_key = h.entity_key
    )
) AS d
GROUP BY d.segment
ORDER BY d.segment
