CREATE TABLE IF NOT EXISTS {{ table }} AS
SELECT
{% for column in columns %}
  {{ column.sql }} AS {{ column.name }}{% if not loop.last %},{% endif %}

{% endfor %}
FROM {{ stage }}
WHERE 1 = 0
