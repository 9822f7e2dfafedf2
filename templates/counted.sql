SELECT
  c.segment,
  c.entity,
  c.kind,
  c.definition_hash,
  n.members,
  n.entered,
  n.exited,
  n.suppressed,
  n.held_out,
  n.population,
  CASE
    WHEN c.refused IS NOT NULL THEN 'refused'
    WHEN c.kept THEN 'kept'
    WHEN c.retired THEN 'retired'
    WHEN c.definition_hash = c.last_hash AND n.entered = 0 AND n.exited = 0 THEN 'unchanged'
    ELSE 'published'
  END AS status,
  CASE
    WHEN c.kept THEN 'not selected; who is suppressed now leaves'
    ELSE COALESCE(c.refused, 'accepted: ' || c.message)
  END AS message,
  c.guard
FROM {{ scope }} AS c
JOIN {{ counts }} AS n ON n.segment = c.segment AND n.entity = c.entity
WHERE NOT c.kept OR n.exited > 0
