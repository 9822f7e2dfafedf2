SELECT
  CASE
    WHEN (SELECT COUNT(*) FROM {{ members }} AS m JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.refused IS NULL AND NOT c.kept)
      = (SELECT COUNT(*) FROM {{ staged }}) THEN 0
    ELSE 1
  END
  + (
    SELECT COUNT(*)
    FROM {{ staged }} AS s
    WHERE NOT EXISTS (
      SELECT 1 FROM {{ members }} AS m WHERE m.segment = s.segment AND m.entity_key = s.entity_key
    )
  ) AS violations
