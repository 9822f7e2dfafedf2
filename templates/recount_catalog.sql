{#- Segments that this run leaves as they were, but for those who are suppressed now. -#}
{% set target = catalog | own %}
UPDATE {{ catalog }}
SET members = {{ target }}.members - left_now.n
FROM (
  SELECT d.segment, COUNT(*) AS n
  FROM {{ changes }} AS d
  JOIN {{ scope }} AS c ON c.segment = d.segment AND c.entity = {{ entity }} AND (c.kept OR c.refused IS NOT NULL)
  GROUP BY d.segment
) AS left_now
WHERE left_now.segment = {{ target }}.segment AND {{ target }}.entity = {{ entity }}
