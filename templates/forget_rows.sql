{% for table in tables %}
{% set target = table.sql | own %}
DELETE FROM {{ table.sql }}
WHERE EXISTS (SELECT 1 FROM {{ keys }} AS k WHERE k.entity_key = {{ target }}.entity_key)
{% endfor %}
