DELETE FROM {{ staged }}
