UPDATE {{ traits }} AS t
SET
{% for column in columns %}
  {{ column.name }} = s.{{ column.sql }},
{% endfor %}
  as_of = {{ as_of }},
  run_id = {{ run_id }}
FROM {{ stage }} AS s
WHERE s.{{ key }} = t.entity_key
  AND (
{% for column in columns %}
    t.{{ column.name }} IS DISTINCT FROM s.{{ column.sql }}{% if not loop.last %} OR{% endif %}

{% endfor %}
  )
