INSERT INTO {{ run_segments }} (
  run_id, segment, entity, kind, definition_hash, members, entered, exited, suppressed, held_out, population, status,
  message
)
SELECT
  {{ run_id }},
  x.segment,
  x.entity,
  x.kind,
  x.definition_hash,
  x.members,
  x.entered,
  x.exited,
  x.suppressed,
  x.held_out,
  x.population,
  x.status,
  x.message
FROM (
  {{ counted | indent(2) }}
) AS x
