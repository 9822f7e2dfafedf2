DELETE FROM {{ members }} AS m
WHERE EXISTS (
  SELECT 1
  FROM {{ changes }} AS d
  WHERE d.change = 'exited' AND d.segment = m.segment AND d.entity_key = m.entity_key
)
