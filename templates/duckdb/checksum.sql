SELECT CAST(COUNT(*) AS VARCHAR) || ':' || CAST(COALESCE(SUM(h), 0) AS VARCHAR)
FROM (
{% for table in tables %}
  SELECT hash({{ table.name }}, segment, entity_key, epoch_us(since), run_id) AS h FROM {{ table.sql }}
  {% if not loop.last %}
  UNION ALL
  {% endif %}
{% endfor %}
)
