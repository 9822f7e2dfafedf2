SELECT DISTINCT segment
FROM {{ history }}
WHERE segment IN ({{ segments | join(', ') }})
ORDER BY segment
