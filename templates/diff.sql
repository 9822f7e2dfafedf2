CREATE TEMPORARY TABLE {{ changes }} AS
SELECT s.segment, s.entity_key, 'entered' AS change
FROM {{ staged }} AS s
WHERE NOT EXISTS (
  SELECT 1 FROM {{ before }} AS m WHERE m.segment = s.segment AND m.entity_key = s.entity_key
)
UNION ALL
SELECT m.segment, m.entity_key, 'exited' AS change
FROM {{ before }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND NOT c.kept
WHERE NOT EXISTS (
  SELECT 1 FROM {{ staged }} AS s WHERE s.segment = m.segment AND s.entity_key = m.entity_key
)
{% if unwanted %}
UNION ALL
SELECT m.segment, m.entity_key, 'exited' AS change
FROM {{ before }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.kept
WHERE EXISTS (SELECT 1 FROM {{ unwanted }} AS u WHERE u.entity_key = m.entity_key)
{% endif %}
