DELETE FROM {{ history }} AS h
WHERE h.segment IN ({{ segments | join(', ') }})
