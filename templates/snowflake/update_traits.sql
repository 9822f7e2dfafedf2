{#- As the general one; lists are compared as texts. https://docs.snowflake.com/en/sql-reference/functions/to_json -#}
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
{% if column.name in opaque %}
    TO_JSON({{ target }}.{{ column.name }}) IS DISTINCT FROM TO_JSON(s.{{ column.sql }}){% if not loop.last %} OR{% endif %}

{% else %}
    {{ target }}.{{ column.name }} IS DISTINCT FROM s.{{ column.sql }}{% if not loop.last %} OR{% endif %}

{% endif %}
{% endfor %}
  )
