{% set target = history | own %}
UPDATE {{ history }}
SET segment = c.segment
FROM {{ scope }} AS c
WHERE c.entity = {{ entity }} AND c.renamed_from = {{ target }}.segment
