SELECT column_name, data_type
FROM information_schema.columns
WHERE table_catalog = 'temp' AND table_name = {{ name }}
ORDER BY ordinal_position
