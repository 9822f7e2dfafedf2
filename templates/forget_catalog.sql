{% set target = catalog | own %}
UPDATE {{ catalog }}
SET members = left_now.n
FROM (
  SELECT c.segment, COUNT(m.segment) AS n
  FROM {{ catalog }} AS c
  LEFT JOIN {{ members }} AS m ON m.segment = c.segment
  WHERE c.entity = {{ entity }}
  GROUP BY c.segment
) AS left_now
WHERE left_now.segment = {{ target }}.segment AND {{ target }}.entity = {{ entity }}
