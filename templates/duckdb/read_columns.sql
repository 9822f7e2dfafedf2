SELECT table_name, column_name, data_type
FROM duckdb_columns()
WHERE database_name = current_database() AND schema_name = {{ schema_name }}
ORDER BY table_name, column_index
