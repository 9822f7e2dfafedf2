SELECT COUNT(*) AS violations
FROM {{ members }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.respects_suppression
WHERE EXISTS (
  SELECT 1
  FROM (
    {{ suppressor | indent(4) }}
  ) AS x
  WHERE x.entity_key = m.entity_key
)
