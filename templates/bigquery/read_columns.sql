SELECT table_name, column_name, data_type
FROM {{ schema }}.INFORMATION_SCHEMA.COLUMNS
ORDER BY table_name, ordinal_position
