SELECT CAST(COUNT(*) AS STRING) || ':' || CAST(COALESCE(SUM(h), 0) AS STRING)
FROM (
{% for table in tables %}
  SELECT CAST(FARM_FINGERPRINT(TO_JSON_STRING(STRUCT({{ table.name }} AS entity, segment, entity_key, since, run_id))) AS BIGNUMERIC) AS h
  FROM {{ table.sql }}
  {% if not loop.last %}
  UNION ALL
  {% endif %}
{% endfor %}
)
