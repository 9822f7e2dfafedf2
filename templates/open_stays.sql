INSERT INTO {{ history }} (segment, entity_key, valid_from, valid_to, entered_run, exited_run)
SELECT segment, entity_key, {{ as_of }}, NULL, {{ run_id }}, NULL
FROM {{ changes }}
WHERE change = 'entered'
ORDER BY segment, entity_key
