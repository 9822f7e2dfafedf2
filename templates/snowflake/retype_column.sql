{#- Of another type a column is another one. https://docs.snowflake.com/en/sql-reference/sql/alter-table-column -#}
ALTER TABLE {{ table }} DROP COLUMN {{ column }}
