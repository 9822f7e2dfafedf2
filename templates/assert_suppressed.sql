SELECT COUNT(*) AS violations
FROM {{ members }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.respects_suppression
JOIN {{ stage }} AS s ON s.{{ key }} = m.entity_key
WHERE s.{{ suppress_flag }}
