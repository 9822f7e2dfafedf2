INSERT INTO {{ staged }}
{% for segment in segments %}
SELECT {{ segment.name }} AS segment, {{ key }} AS entity_key
FROM {{ stage }}
WHERE {{ segment.flag }}{% if segment.unless %} AND NOT {{ segment.unless }}{% endif %}

{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
