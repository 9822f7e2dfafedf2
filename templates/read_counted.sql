SELECT segment, entity, kind, members, entered, exited, suppressed, held_out, population, status, message, guard
FROM (
  {{ counted | indent(2) }}
) AS x
ORDER BY segment, entity
