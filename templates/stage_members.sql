{#-
  Made of one row, which is deleted again: so the key has its exact type. Made of no row (WHERE 1 = 0), DuckDB 2.0.0 does
  not find what later INSERTs of more than about 120,000 rows put into it, until the commit: counts are right, joins are empty.
-#}
CREATE {{ temporary }}TABLE {{ staged }} AS
SELECT CAST(0 AS {{ int }}) AS number, {{ key }} AS entity_key
FROM {{ keys_of }}
LIMIT 1
