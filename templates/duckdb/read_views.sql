SELECT view_name, comment
FROM duckdb_views()
WHERE database_name = current_database() AND schema_name = {{ schema_name }}
ORDER BY view_name
