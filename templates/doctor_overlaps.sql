{#- In the order of their beginnings, stays that overlap have neighbours that do. -#}
SELECT COUNT(*) AS violations, s.segment AS what
FROM (
  SELECT
    segment,
    valid_from,
    valid_to,
    exited_run,
    LEAD(valid_from) OVER (PARTITION BY segment, entity_key ORDER BY valid_from, valid_to NULLS LAST) AS next_from
  FROM {{ history }}
) AS s
WHERE s.valid_from IS NULL
  OR s.valid_to <= s.valid_from
  OR s.next_from < s.valid_to
  OR (s.valid_to IS NULL AND s.next_from IS NOT NULL)
  OR (s.valid_to IS NULL AND s.exited_run IS NOT NULL)
  OR (s.valid_to IS NOT NULL AND s.exited_run IS NULL)
GROUP BY s.segment
ORDER BY s.segment
