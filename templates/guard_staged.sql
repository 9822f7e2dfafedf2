{% set target = staged | own %}
DELETE FROM {{ staged }}
WHERE EXISTS (
  SELECT 1 FROM {{ scope }} AS c WHERE c.number = {{ target }}.number AND c.refused IS NOT NULL
)
