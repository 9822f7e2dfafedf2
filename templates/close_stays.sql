UPDATE {{ history }} AS h
SET valid_to = {{ as_of }}, exited_run = {{ run_id }}
FROM {{ changes }} AS d
WHERE h.valid_to IS NULL
  AND d.change = 'exited'
  AND d.segment = h.segment
  AND d.entity_key = h.entity_key
