SELECT column_name, data_type
FROM duckdb_columns()
WHERE {% if temporary %}database_name = 'temp'{% else %}database_name = current_database() AND schema_name = {{ schema }}{% endif %} AND table_name = {{ name }}
ORDER BY column_index
