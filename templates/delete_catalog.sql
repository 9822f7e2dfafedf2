{% set target = catalog | own %}
DELETE FROM {{ catalog }}
WHERE EXISTS (
  SELECT 1
  FROM {{ scope }} AS c
  WHERE c.segment = {{ target }}.segment AND c.entity = {{ target }}.entity AND c.refused IS NULL AND NOT c.kept
)
