SELECT segment, entity, parts
FROM {{ catalog }}
WHERE parts IS NOT NULL
