INSERT INTO {{ counts }}
SELECT
  c.segment,
  c.entity,
  COALESCE(m.members, 0),
  COALESCE(d.entered, 0),
  COALESCE(d.exited, 0),
  COALESCE(x.suppressed, 0),
  COALESCE(x.held_out, 0),
  (SELECT COUNT(*) FROM {{ keys_of }})
FROM {{ scope }} AS c
LEFT JOIN (
  SELECT number, COUNT(*) AS members FROM {{ staged }} GROUP BY number
{% if unwanted %}
  UNION ALL
  SELECT c.number, COUNT(*)
  FROM {{ before }} AS b
  JOIN {{ scope }} AS c ON c.segment = b.segment AND c.entity = {{ entity }} AND c.kept
  WHERE NOT EXISTS (SELECT 1 FROM {{ unwanted }} AS u WHERE u.entity_key = b.entity_key)
  GROUP BY c.number
{% endif %}
) AS m ON m.number = c.number
LEFT JOIN (
  SELECT
    segment,
    SUM(CASE WHEN change = 'entered' THEN 1 ELSE 0 END) AS entered,
    SUM(CASE WHEN change = 'exited' THEN 1 ELSE 0 END) AS exited
  FROM {{ changes }}
  GROUP BY segment
) AS d ON d.segment = c.segment
LEFT JOIN {{ left_out }} AS x ON x.segment = c.segment
WHERE c.entity = {{ entity }}
