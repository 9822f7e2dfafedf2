{#- No part is empty text where another one is not, and none has a line break within. -#}
SELECT CAST(COUNT(*) AS VARCHAR) || ':' || CAST(COALESCE(SUM(x.h), 0) AS VARCHAR)
FROM (
{% for table in tables %}
  SELECT
    MD5_NUMBER_LOWER64(
      {{ table.name }} || '\n' || t.segment || '\n' || t.run_id || '\n' || TO_VARCHAR(CONVERT_TIMEZONE('UTC', t.since), 'YYYY-MM-DD HH24:MI:SS.FF6') || '\n' || CAST(t.entity_key AS VARCHAR)
    ) AS h
  FROM {{ table.sql }} AS t
  {% if not loop.last %}
  UNION ALL
  {% endif %}
{% endfor %}
) AS x
