{#- https://docs.snowflake.com/en/sql-reference/info-schema/views -#}
SELECT
  CASE WHEN v.table_name = UPPER(v.table_name) THEN LOWER(v.table_name) ELSE v.table_name END AS relation,
  v.comment
FROM information_schema.views AS v
WHERE v.table_schema = {{ schema_name }}
ORDER BY v.table_name
