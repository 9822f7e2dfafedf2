INSERT INTO {{ members }} (segment, entity_key, since, run_id)
SELECT segment, entity_key, valid_from, entered_run
FROM {{ history }}
WHERE valid_to IS NULL
ORDER BY segment, entity_key
