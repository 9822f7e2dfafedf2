DELETE FROM {{ staged }} AS s
WHERE EXISTS (
  SELECT 1 FROM {{ scope }} AS c WHERE c.segment = s.segment AND c.entity = {{ entity }} AND c.refused IS NOT NULL
)
