{#- https://docs.snowflake.com/en/sql-reference/sql/create-table -#}
CREATE TABLE IF NOT EXISTS {{ table }} (
{% for column in columns %}
  {{ column.name }} {{ column.sql }}{% if not loop.last %},{% endif %}

{% endfor %}
)
{%- if cluster %}

CLUSTER BY ({{ cluster }})
{%- endif %}
