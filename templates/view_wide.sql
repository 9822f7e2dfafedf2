SELECT
  t.entity_key{% for column in columns %},
  MAX(CASE WHEN m.segment = {{ column.sql }} THEN 1 ELSE 0 END) = 1 AS {{ column.name }}{% endfor %}

FROM {{ traits }} AS t
LEFT JOIN {{ members }} AS m ON m.entity_key = t.entity_key
GROUP BY t.entity_key
