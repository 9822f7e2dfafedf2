SELECT
  CASE
    WHEN (SELECT COUNT(*) FROM {{ history }} AS h JOIN {{ scope }} AS c ON c.segment = h.segment AND c.entity = {{ entity }} AND c.refused IS NULL AND NOT c.kept WHERE h.valid_to IS NULL)
      = (SELECT COUNT(*) FROM {{ staged }}) THEN 0
    ELSE 1
  END
  + (
    SELECT COUNT(*)
    FROM {{ staged }} AS s
    WHERE NOT EXISTS (
      SELECT 1
      FROM {{ history }} AS h
      WHERE h.segment = s.segment AND h.entity_key = s.entity_key AND h.valid_to IS NULL
    )
  ) AS violations
