{#- A segment that is refused keeps its row, under its new name. -#}
UPDATE {{ catalog }} AS t
SET segment = c.segment
FROM {{ scope }} AS c
WHERE c.entity = {{ entity }} AND c.renamed_from = t.segment AND t.entity = c.entity
