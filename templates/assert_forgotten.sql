SELECT
{% for table in tables %}
  (SELECT COUNT(*) FROM {{ table.sql }} AS t WHERE EXISTS (SELECT 1 FROM {{ keys }} AS k WHERE k.entity_key = t.entity_key)){% if not loop.last %} +{% endif %}

{% endfor %}
  AS violations
