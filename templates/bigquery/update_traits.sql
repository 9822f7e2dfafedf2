{#- What cannot be compared is compared as text; nobody's text is `null`, but a JSON value's. -#}
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
{% if column.name in opaque %}
    (t.{{ column.name }} IS NULL) <> (s.{{ column.sql }} IS NULL)
    OR TO_JSON_STRING(t.{{ column.name }}) <> TO_JSON_STRING(s.{{ column.sql }}){% if not loop.last %} OR{% endif %}

{% else %}
    t.{{ column.name }} IS DISTINCT FROM s.{{ column.sql }}{% if not loop.last %} OR{% endif %}

{% endif %}
{% endfor %}
  )
