SELECT column_name, data_type
FROM {{ dataset }}.INFORMATION_SCHEMA.COLUMNS
WHERE table_name = {{ name }}
ORDER BY ordinal_position
