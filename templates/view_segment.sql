SELECT
  m.entity_key AS {{ key }},
{% for column in columns %}
  t.{{ column.sql }} AS {{ column.name }},
{% endfor %}
  m.since
FROM {{ members }} AS m
{% if channel %}
JOIN {{ channels }} AS c ON c.entity_key = m.entity_key AND c.channel = {{ channel }}
{% endif %}
{% if columns %}
LEFT JOIN {{ traits }} AS t ON t.entity_key = m.entity_key
{% endif %}
WHERE m.segment = {{ segment }}
