SELECT x.segment, x.change, x.entity_key
FROM (
  SELECT
    d.segment,
    d.change,
    CAST(d.entity_key AS {{ text }}) AS entity_key,
    ROW_NUMBER() OVER (PARTITION BY d.segment, d.change ORDER BY d.entity_key) AS place
  FROM {{ changes }} AS d
) AS x
WHERE x.place <= {{ limit }}
ORDER BY x.segment, x.change, x.place
