INSERT INTO {{ history }} (segment, entity_key, valid_from, entered_run)
SELECT segment, entity_key, since, run_id
FROM {{ members }}
ORDER BY segment, entity_key
