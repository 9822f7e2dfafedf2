SELECT segment, entity, kind, members, entered, exited, suppressed, held_out, population, status, message, NULL AS guard
FROM {{ run_segments }}
WHERE run_id = {{ run_id }}
ORDER BY segment, entity
