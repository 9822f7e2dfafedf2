INSERT INTO {{ staged }}
{% for segment in segments %}
SELECT {{ segment.number }} AS number, {{ key }} AS entity_key
FROM {{ stage }}
WHERE {{ segment.flag }}{% if segment.suppressed %} AND NOT {{ segment.suppressed }}{% endif %}{% if segment.held_out %} AND NOT {{ segment.held_out }}{% endif %}

{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
