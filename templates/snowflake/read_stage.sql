{#- As in `read_columns.sql`. -#}
SELECT
  CASE WHEN REGEXP_LIKE(c.column_name, '[A-Z_][A-Z0-9_]*') THEN LOWER(c.column_name) ELSE c.column_name END AS name,
  CASE
    WHEN c.data_type = 'NUMBER' THEN 'NUMBER(38, ' || CAST(c.numeric_scale AS VARCHAR) || ')'
    WHEN c.data_type = 'TEXT' THEN 'VARCHAR'
    WHEN c.data_type IN ('TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIMESTAMP_TZ') THEN c.data_type || '(9)'
    ELSE c.data_type
  END AS type
FROM information_schema.columns AS c
WHERE c.table_schema = {{ schema }} AND c.table_name = {{ name }}
ORDER BY c.ordinal_position
