{#- Made with its row: inserted by two who both find none, it would be there twice. -#}
CREATE TABLE IF NOT EXISTS {{ table }} AS
SELECT
{% for column in columns %}
  CAST({{ row[loop.index0] }} AS {{ column.sql }}) AS {{ column.name }}{% if not loop.last %},{% endif %}

{% endfor %}
