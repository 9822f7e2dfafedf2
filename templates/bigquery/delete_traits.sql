{#- Rows that differ are written anew, the others stay. -#}
DELETE FROM {{ traits }} AS t
WHERE NOT EXISTS (
  SELECT 1
  FROM {{ stage }} AS s
  WHERE s.{{ key }} = t.entity_key
{% if whole %}
{% for column in columns %}
{% if column.name in opaque %}
    AND (s.{{ column.sql }} IS NULL) = (t.{{ column.name }} IS NULL)
    AND TO_JSON_STRING(s.{{ column.sql }}) = TO_JSON_STRING(t.{{ column.name }})
{% else %}
    AND s.{{ column.sql }} IS NOT DISTINCT FROM t.{{ column.name }}
{% endif %}
{% endfor %}
{% endif %}
)
{% if whole %}
{% for column in left_columns %}
  OR t.{{ column }} IS NOT NULL
{% endfor %}
{% endif %}
