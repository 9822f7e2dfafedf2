DELETE FROM {{ history }}
WHERE segment IN ({{ segments | join(', ') }})
