{#- A segment that was renamed while a guard refused it has the members and the history of its former name, and no run that
    published it: where it had members before the run, the refusal is the latest word on it. Others were never published. -#}
SELECT
  s.segment, s.entity, s.kind, s.definition_hash, CASE WHEN latest.epoch IS NULL THEN 'never' ELSE s.status END AS status, r.as_of,
  latest.touched, r.run_id, r.project_hash, r.selection
FROM {{ run_segments }} AS s
JOIN {{ runs }} AS r ON r.run_id = s.run_id
JOIN (
  SELECT
    s2.segment,
    s2.entity,
    MAX(r2.as_of) AS touched,
    COALESCE(
      MAX(CASE WHEN s2.status NOT IN ('refused', 'kept') THEN r2.epoch END),
      MAX(CASE WHEN s2.status = 'refused' AND s2.members - s2.entered + s2.exited > 0 THEN r2.epoch END)
    ) AS epoch,
    MAX(r2.epoch) AS refused
  FROM {{ run_segments }} AS s2
  JOIN {{ runs }} AS r2 ON r2.run_id = s2.run_id
  WHERE r2.status = 'published'
  GROUP BY s2.segment, s2.entity
) AS latest ON latest.segment = s.segment AND latest.entity = s.entity AND COALESCE(latest.epoch, latest.refused) = r.epoch
WHERE r.status = 'published'
ORDER BY s.segment, s.entity
