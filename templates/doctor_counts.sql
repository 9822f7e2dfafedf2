{#-
  No run has more entries and exits than it counted; of a refused segment only suppressed people have left. Nor has one less,
  unless people were erased since: told of runs from the first exit on, as a history may have begun after the members.
-#}
SELECT d.n AS violations, 'run ' || d.run_id AS what
FROM (
  SELECT
    r.run_id,
    CASE WHEN h.entered > COALESCE(c.entered, 0) THEN h.entered - COALESCE(c.entered, 0) ELSE 0 END
    + CASE WHEN h.exited > COALESCE(c.at_most, 0) THEN h.exited - COALESCE(c.at_most, 0) ELSE 0 END
    + CASE
      WHEN r.epoch < first.epoch OR first.epoch IS NULL OR first.erased > 0 THEN 0
      ELSE CASE WHEN c.entered > COALESCE(h.entered, 0) THEN c.entered - COALESCE(h.entered, 0) ELSE 0 END
        + CASE WHEN c.at_least > COALESCE(h.exited, 0) THEN c.at_least - COALESCE(h.exited, 0) ELSE 0 END
    END AS n
  FROM {{ runs }} AS r
  LEFT JOIN (
    SELECT
      run_id,
      SUM(CASE WHEN status <> 'refused' THEN entered ELSE 0 END) AS entered,
      SUM(CASE WHEN status <> 'refused' THEN exited ELSE 0 END) AS at_least,
      SUM(exited) AS at_most
    FROM {{ run_segments }}
    WHERE entity = {{ entity }}
    GROUP BY run_id
  ) AS c ON c.run_id = r.run_id
  LEFT JOIN (
    SELECT s.run_id, SUM(s.entered) AS entered, SUM(s.exited) AS exited
    FROM (
      SELECT entered_run AS run_id, 1 AS entered, 0 AS exited FROM {{ history }}
      UNION ALL
      SELECT exited_run AS run_id, 0 AS entered, 1 AS exited FROM {{ history }} WHERE exited_run IS NOT NULL
    ) AS s
    GROUP BY s.run_id
  ) AS h ON h.run_id = r.run_id
  CROSS JOIN (
    SELECT
      (
        SELECT MIN(q.epoch)
        FROM {{ runs }} AS q
        WHERE EXISTS (SELECT 1 FROM {{ history }} AS t WHERE t.exited_run = q.run_id)
      ) AS epoch,
      (
        SELECT COUNT(*)
        FROM {{ runs }} AS q
        WHERE q.as_of IS NULL AND (q.message LIKE 'forget:%' OR q.message LIKE 'prune:%')
      ) AS erased
  ) AS first
  WHERE r.status = 'published' AND r.as_of IS NOT NULL
) AS d
WHERE d.n > 0
ORDER BY d.run_id
