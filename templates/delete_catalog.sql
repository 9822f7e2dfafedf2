DELETE FROM {{ catalog }} AS t
WHERE EXISTS (SELECT 1 FROM {{ scope }} AS c WHERE c.segment = t.segment AND c.refused IS NULL AND NOT c.kept)
