CREATE {{ temporary }}TABLE {{ changes }} AS
SELECT
  COALESCE(s.segment, m.segment) AS segment,
  COALESCE(s.entity_key, m.entity_key) AS entity_key,
  CASE WHEN m.segment IS NULL THEN 'entered' ELSE 'exited' END AS change
FROM {{ staged }} AS s
FULL JOIN (
  SELECT b.segment, b.entity_key
  FROM {{ before }} AS b
  JOIN {{ scope }} AS c ON c.segment = b.segment AND c.entity = {{ entity }} AND NOT c.kept
) AS m ON m.segment = s.segment AND m.entity_key = s.entity_key
WHERE s.segment IS NULL OR m.segment IS NULL
{% if unwanted %}
UNION ALL
SELECT m.segment, m.entity_key, 'exited' AS change
FROM {{ before }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.kept
WHERE EXISTS (SELECT 1 FROM {{ unwanted }} AS u WHERE u.entity_key = m.entity_key)
{% endif %}
