UPDATE {{ history }} AS t
SET segment = c.segment
FROM {{ scope }} AS c
WHERE c.entity = {{ entity }} AND c.renamed_from = t.segment
