{% macro value(column, name) %}{% if name in opaque %}{{ column | comparable }}{% else %}{{ column }}{% endif %}{% endmacro %}
{% set target = traits | own %}
UPDATE {{ traits }}
SET
{% for column in columns %}
  {{ column.name }} = s.{{ column.sql }},
{% endfor %}
  as_of = {{ as_of }},
  run_id = {{ run_id }}
FROM {{ stage }} AS s
WHERE s.{{ key }} = {{ target }}.entity_key
  AND (
{% for column in columns %}
    {{ value(target ~ "." ~ column.name, column.name) }} IS DISTINCT FROM {{ value("s." ~ column.sql, column.name) }}{% if not loop.last %} OR{% endif %}

{% endfor %}
  )
