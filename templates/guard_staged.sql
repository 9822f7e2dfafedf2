{% set target = staged | own %}
DELETE FROM {{ staged }}
WHERE EXISTS (
  SELECT 1 FROM {{ scope }} AS c WHERE c.segment = {{ target }}.segment AND c.entity = {{ entity }} AND c.refused IS NOT NULL
)
