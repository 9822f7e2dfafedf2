{#- The latest word on each: that of the run that published it, unless another one has retired it since. A guard may refuse a segment in the
    very run in which it takes over from a former name: then no run has published it, and it had members before that run. -#}
SELECT
  s.segment, s.entity, s.kind, s.definition_hash, CASE WHEN latest.is_known THEN s.status ELSE 'never' END AS status, r.as_of,
  latest.touched, r.run_id, r.project_hash, r.selection
FROM {{ run_segments }} AS s
JOIN {{ runs }} AS r ON r.run_id = s.run_id
JOIN (
  SELECT
    segment, entity, touched,
    COALESCE(published, taken_over, retired) IS NOT NULL AS is_known,
    CASE
      WHEN published > COALESCE(retired, 0) THEN published
      WHEN taken_over > COALESCE(retired, 0) THEN taken_over
      ELSE COALESCE(retired, refused)
    END AS epoch
  FROM (
    SELECT
      s2.segment,
      s2.entity,
      MAX(r2.as_of) AS touched,
      MAX(CASE WHEN s2.status NOT IN ('refused', 'kept', 'retired') THEN r2.epoch END) AS published,
      MAX(CASE WHEN s2.status = 'retired' THEN r2.epoch END) AS retired,
      MAX(CASE WHEN s2.status = 'refused' THEN r2.epoch END) AS refused,
      MAX(CASE WHEN s2.status = 'refused' AND s2.members - s2.entered + s2.exited > 0 THEN r2.epoch END) AS taken_over
    FROM {{ run_segments }} AS s2
    JOIN {{ runs }} AS r2 ON r2.run_id = s2.run_id
    WHERE r2.status = 'published'
    GROUP BY s2.segment, s2.entity
  ) AS words
) AS latest ON latest.segment = s.segment AND latest.entity = s.entity AND latest.epoch = r.epoch
WHERE r.status = 'published'
ORDER BY s.segment, s.entity
