INSERT INTO {{ history }} (segment, entity_key, valid_from, entered_run)
SELECT segment, entity_key, {{ as_of }}, {{ run_id }}
FROM {{ changes }}
WHERE change = 'entered'
ORDER BY segment, entity_key
