DELETE FROM {{ staged }}
WHERE 1 = 1
