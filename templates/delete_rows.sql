DELETE FROM {{ table }}
