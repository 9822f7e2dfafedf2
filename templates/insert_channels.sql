INSERT INTO {{ channels }} (entity_key, channel, run_id)
{% for column in columns %}
SELECT {{ key }}, {{ column.name }}, {{ run_id }}
FROM {{ stage }}
WHERE {{ column.sql }}
{% if not loop.last %}UNION ALL
{% endif %}
{% endfor %}
