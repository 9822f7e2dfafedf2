{% set target = members | own %}
DELETE FROM {{ members }}
WHERE EXISTS (
  SELECT 1
  FROM {{ changes }} AS d
  WHERE d.change = 'exited' AND d.segment = {{ target }}.segment AND d.entity_key = {{ target }}.entity_key
)
