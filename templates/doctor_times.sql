{#- A stay begins and ends at the as_of of the runs that it names, and its segment was published. -#}
SELECT COUNT(*) AS violations, h.segment AS what
FROM {{ history }} AS h
LEFT JOIN {{ runs }} AS e ON e.run_id = h.entered_run
LEFT JOIN {{ runs }} AS x ON x.run_id = h.exited_run
LEFT JOIN (SELECT DISTINCT segment FROM {{ run_segments }} WHERE entity = {{ entity }}) AS s ON s.segment = h.segment
WHERE h.valid_from <> e.as_of OR h.valid_to <> x.as_of OR s.segment IS NULL
GROUP BY h.segment
ORDER BY h.segment
