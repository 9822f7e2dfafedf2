INSERT INTO {{ traits }} (entity_key{% for column in columns %}, {{ column.name }}{% endfor %}, as_of, run_id)
SELECT s.{{ key }}{% for column in columns %}, s.{{ column.sql }}{% endfor %}, {{ as_of }}, {{ run_id }}
FROM {{ stage }} AS s
WHERE NOT EXISTS (SELECT 1 FROM {{ traits }} AS t WHERE t.entity_key = s.{{ key }})
