{#-
  Types in the words of CREATE TABLE. How long a text and how large a number may be changes nothing of what is stored, so that it makes no
  other type; of times only the most digits are known. https://docs.snowflake.com/en/sql-reference/info-schema/columns
-#}
SELECT
  CASE WHEN REGEXP_LIKE(c.table_name, '[A-Z_][A-Z0-9_]*') THEN LOWER(c.table_name) ELSE c.table_name END AS relation,
  CASE WHEN REGEXP_LIKE(c.column_name, '[A-Z_][A-Z0-9_]*') THEN LOWER(c.column_name) ELSE c.column_name END AS name,
  CASE
    WHEN c.data_type = 'NUMBER' THEN 'NUMBER(38, ' || CAST(c.numeric_scale AS VARCHAR) || ')'
    WHEN c.data_type = 'TEXT' THEN 'VARCHAR'
    WHEN c.data_type IN ('TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ') THEN c.data_type || '(9)'
    ELSE c.data_type
  END AS type
FROM information_schema.columns AS c
WHERE c.table_schema = {{ schema_name }}
ORDER BY c.table_name, c.ordinal_position
