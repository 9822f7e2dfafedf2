SELECT COUNT(*) AS violations, {{ what }} AS what
FROM (
  SELECT {{ by | join(', ') }}
  FROM {{ table }}
  GROUP BY {{ by | join(', ') }}
  HAVING COUNT(*) > 1 OR entity_key IS NULL
) AS d
GROUP BY what
ORDER BY what
