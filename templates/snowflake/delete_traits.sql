{#- As the general one, without a question that is correlated by IS NOT DISTINCT FROM. -#}
{% macro compared(table, column, name) %}{% if name in opaque %}TO_JSON({{ table }}.{{ column }}){% else %}{{ table }}.{{ column }}{% endif %}{% endmacro %}
DELETE FROM {{ traits }}
WHERE entity_key IS NULL OR entity_key NOT IN (
  SELECT s.{{ key }}
  FROM {{ stage }} AS s
{% if whole %}
  JOIN {{ traits }} AS t ON t.entity_key = s.{{ key }}
{% for column in columns %}
    AND {{ compared('t', column.name, column.name) }} IS NOT DISTINCT FROM {{ compared('s', column.sql, column.name) }}
{% endfor %}
{% endif %}
)
{% if whole %}
{% for column in left_columns %}
  OR {{ column }} IS NOT NULL
{% endfor %}
{% endif %}
