{% for table in tables %}
DELETE FROM {{ table.sql }} AS t
WHERE EXISTS (SELECT 1 FROM {{ keys }} AS k WHERE k.entity_key = t.entity_key)
{% endfor %}
