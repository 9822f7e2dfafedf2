INSERT INTO {{ catalog }} (
  segment, title, description, owner, tags, entity, kind, definition_hash, members, as_of, action, kpi, channels,
  expires_on, run_id, parts
)
SELECT
  c.segment,
  c.title,
  c.description,
  c.owner,
  c.tags,
  c.entity,
  c.kind,
  c.definition_hash,
  n.members,
  {{ as_of }},
  c.action,
  c.kpi,
  c.channels,
  c.expires_on,
  {{ run_id }},
  c.parts
FROM {{ scope }} AS c
JOIN {{ counts }} AS n ON n.segment = c.segment AND n.entity = c.entity
WHERE NOT c.retired AND c.refused IS NULL AND NOT c.kept
