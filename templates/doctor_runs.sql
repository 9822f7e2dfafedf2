SELECT COUNT(*) AS violations, 'run ' || t.{{ column }} AS what
FROM {{ table }} AS t
WHERE t.{{ column }} IS NOT NULL
  AND NOT EXISTS (
    SELECT 1 FROM {{ runs }} AS r WHERE r.run_id = t.{{ column }}{% if published %} AND r.status = 'published'{% endif %}

  )
GROUP BY t.{{ column }}
ORDER BY t.{{ column }}
