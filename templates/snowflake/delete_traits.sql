{#- As the general one, without a question that is correlated by IS NOT DISTINCT FROM. -#}
{% macro value(column, name) %}{% if name in opaque %}{{ column | comparable }}{% else %}{{ column }}{% endif %}{% endmacro %}
DELETE FROM {{ traits }}
WHERE entity_key IS NULL OR entity_key NOT IN (
  SELECT s.{{ key }}
  FROM {{ stage }} AS s
{% if whole %}
  JOIN {{ traits }} AS t ON t.entity_key = s.{{ key }}
{% for column in columns %}
    AND {{ value("t." ~ column.name, column.name) }} IS NOT DISTINCT FROM {{ value("s." ~ column.sql, column.name) }}
{% endfor %}
{% endif %}
)
{% if whole %}
{% for column in left_columns %}
  OR {{ column }} IS NOT NULL
{% endfor %}
{% endif %}
