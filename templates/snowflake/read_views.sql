{#- https://docs.snowflake.com/en/sql-reference/info-schema/views -#}
SELECT
  CASE WHEN REGEXP_LIKE(v.table_name, '[A-Z_][A-Z0-9_]*') THEN LOWER(v.table_name) ELSE v.table_name END AS relation,
  v.comment
FROM information_schema.views AS v
WHERE v.table_schema = {{ schema_name }}
ORDER BY v.table_name
