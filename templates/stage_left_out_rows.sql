INSERT INTO {{ left_out }}
{% for segment in segments %}
SELECT
  {{ segment.name }} AS segment,
  {%+ if segment.suppressed %}COUNT(CASE WHEN {{ segment.suppressed }} THEN 1 END){% else %}0{% endif %} AS suppressed,
  {%+ if segment.held_out %}COUNT(CASE WHEN {{ segment.held_out }}{% if segment.suppressed %} AND NOT {{ segment.suppressed }}{% endif %} THEN 1 END){% else %}0{% endif %} AS held_out
FROM {{ stage }}
WHERE {{ segment.flag }}
{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
