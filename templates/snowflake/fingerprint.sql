{#- HASH would do, if an emulator had it. https://docs.snowflake.com/en/sql-reference/functions/md5_number_lower64 -#}
SUM(MD5_NUMBER_LOWER64(CAST(entity_key AS VARCHAR)))