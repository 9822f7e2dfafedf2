SELECT
  r.epoch,
  h.entered_run AS run_id,
  h.valid_from AS as_of,
  h.segment,
  h.entity_key,
  'entered' AS change
FROM {{ history }} AS h
JOIN {{ runs }} AS r ON r.run_id = h.entered_run
UNION ALL
SELECT
  r.epoch,
  h.exited_run AS run_id,
  h.valid_to AS as_of,
  h.segment,
  h.entity_key,
  'exited' AS change
FROM {{ history }} AS h
JOIN {{ runs }} AS r ON r.run_id = h.exited_run
