INSERT INTO {{ suppressed }}
{% for segment in segments %}
SELECT {{ segment.name }} AS segment, COUNT(*) AS suppressed
FROM {{ stage }}
WHERE {{ segment.flag }} AND {{ segment.unless }}
{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
