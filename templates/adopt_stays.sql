INSERT INTO {{ history }} (segment, entity_key, valid_from, valid_to, entered_run, exited_run)
SELECT segment, entity_key, since, NULL, run_id, NULL
FROM {{ members }}
ORDER BY segment, entity_key
