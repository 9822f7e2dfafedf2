{#- A segment that is refused keeps its row, under its new name. -#}
{% set target = catalog | own %}
UPDATE {{ catalog }}
SET segment = c.segment
FROM {{ scope }} AS c
WHERE c.entity = {{ entity }} AND c.renamed_from = {{ target }}.segment AND {{ target }}.entity = c.entity
