{% set target = history | own %}
UPDATE {{ history }}
SET valid_to = {{ as_of }}, exited_run = {{ run_id }}
FROM {{ changes }} AS d
WHERE {{ target }}.valid_to IS NULL
  AND d.change = 'exited'
  AND d.segment = {{ target }}.segment
  AND d.entity_key = {{ target }}.entity_key
