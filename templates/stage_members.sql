CREATE TEMPORARY TABLE {{ staged }} AS
SELECT CAST('' AS {{ text }}) AS segment, {{ key }} AS entity_key
FROM {{ keys_of }}
WHERE 1 = 0
