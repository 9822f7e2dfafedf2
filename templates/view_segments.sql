SELECT
  segment,
  title,
  description,
  owner,
  tags,
  entity,
  kind,
  definition_hash,
  members,
  as_of,
  action,
  kpi,
  channels,
  expires_on
FROM {{ catalog }}
