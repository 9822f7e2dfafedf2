INSERT INTO {{ members }} (segment, entity_key, since, run_id)
SELECT segment, entity_key, {{ as_of }}, {{ run_id }}
FROM {{ changes }}
WHERE change = 'entered'
ORDER BY segment, entity_key
