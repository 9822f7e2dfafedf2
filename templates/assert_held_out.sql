{#- Of a refused segment the members of the last build stay, also those who are held out by now. -#}
SELECT COUNT(*) AS violations
FROM {{ members }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.respects_holdout AND c.refused IS NULL
JOIN {{ stage }} AS s ON s.{{ key }} = m.entity_key
WHERE s.{{ holdout_flag }}
