CREATE {{ temporary }}TABLE {{ changes }} AS
SELECT c.segment, d.entity_key, d.change
FROM (
  SELECT
    COALESCE(s.number, m.number) AS number,
    COALESCE(s.entity_key, m.entity_key) AS entity_key,
    CASE WHEN m.number IS NULL THEN 'entered' ELSE 'exited' END AS change
  FROM {{ staged }} AS s
  FULL JOIN (
    SELECT c.number, b.entity_key
    FROM {{ before }} AS b
    JOIN {{ scope }} AS c ON c.segment = b.segment AND c.entity = {{ entity }} AND NOT c.kept
  ) AS m ON m.number = s.number AND m.entity_key = s.entity_key
  WHERE s.number IS NULL OR m.number IS NULL
) AS d
JOIN {{ scope }} AS c ON c.number = d.number
{% if unwanted %}
UNION ALL
SELECT m.segment, m.entity_key, 'exited' AS change
FROM {{ before }} AS m
JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.kept
WHERE EXISTS (SELECT 1 FROM {{ unwanted }} AS u WHERE u.entity_key = m.entity_key)
{% endif %}
