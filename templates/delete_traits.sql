{#- Rows that differ are written anew, the others stay. -#}
{% macro value(column, name) %}{% if name in opaque %}{{ column | comparable }}{% else %}{{ column }}{% endif %}{% endmacro %}
DELETE FROM {{ traits }} AS t
WHERE NOT EXISTS (
  SELECT 1
  FROM {{ stage }} AS s
  WHERE s.{{ key }} = t.entity_key
{% if whole %}
{% for column in columns %}
    AND {{ value("s." ~ column.sql, column.name) }} IS NOT DISTINCT FROM {{ value("t." ~ column.name, column.name) }}
{% endfor %}
{% endif %}
)
{% if whole %}
{% for column in left_columns %}
  OR t.{{ column }} IS NOT NULL
{% endfor %}
{% endif %}