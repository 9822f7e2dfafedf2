{#- Few are left out: they are found first, so that nothing is counted of the others. -#}
INSERT INTO {{ left_out }}
{% for segment in segments %}
SELECT
  {{ segment.name }} AS segment,
  {%+ if segment.suppressed %}COUNT(CASE WHEN {{ segment.suppressed }} THEN 1 END){% else %}0{% endif %} AS suppressed,
  {%+ if segment.held_out %}COUNT(CASE WHEN {{ segment.held_out }}{% if segment.suppressed %} AND NOT {{ segment.suppressed }}{% endif %} THEN 1 END){% else %}0{% endif %} AS held_out
FROM {{ stage }}
WHERE {{ segment.flag }} AND {% if segment.suppressed and segment.held_out %}({{ segment.suppressed }} OR {{ segment.held_out }}){% else %}{{ segment.suppressed or segment.held_out }}{% endif %}

{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
