CREATE {{ temporary }}TABLE {{ scope }} (
{% for column in columns %}
  {{ column.name }} {{ column.sql }}{% if not loop.last %},{% endif %}

{% endfor %}
)
