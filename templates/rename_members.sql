{% set target = members | own %}
UPDATE {{ members }}
SET segment = c.segment
FROM {{ scope }} AS c
WHERE c.entity = {{ entity }} AND c.renamed_from = {{ target }}.segment
