SELECT column_name, data_type
FROM information_schema.columns
WHERE {% if temporary %}table_catalog = 'temp'{% else %}table_catalog = current_database() AND table_schema = {{ schema }}{% endif %} AND table_name = {{ name }}
ORDER BY ordinal_position
