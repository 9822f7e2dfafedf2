{#- A view's words are an option of it, told as a literal. -#}
SELECT table_name, TRIM(option_value, '"') AS comment
FROM {{ schema }}.INFORMATION_SCHEMA.TABLE_OPTIONS
WHERE option_name = 'description'
ORDER BY table_name
