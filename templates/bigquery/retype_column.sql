{#- A column is given no type that its values would not fit, and the name of one that is dropped is not free for days. -#}
CREATE OR REPLACE TABLE {{ table }} AS
SELECT * REPLACE (CAST(NULL AS {{ type }}) AS {{ column }})
FROM {{ table }}
