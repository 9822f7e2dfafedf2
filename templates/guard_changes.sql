{#- A refused segment stays as it was, but for those who are suppressed now: they leave it all the same. -#}
{% set target = changes | own %}
DELETE FROM {{ changes }}
WHERE EXISTS (
  SELECT 1 FROM {{ scope }} AS c WHERE c.segment = {{ target }}.segment AND c.entity = {{ entity }} AND c.refused IS NOT NULL
)
{% if unwanted %}
AND NOT EXISTS (
  SELECT 1
  FROM (
    SELECT x.segment, x.entity_key, x.change
    FROM {{ changes }} AS x
    JOIN {{ scope }} AS c ON c.segment = x.segment AND c.entity = {{ entity }} AND c.respects_suppression
    JOIN {{ unwanted }} AS u ON u.entity_key = x.entity_key
    WHERE x.change = 'exited'
  ) AS k
  WHERE k.segment = {{ target }}.segment AND k.entity_key = {{ target }}.entity_key AND k.change = {{ target }}.change
)
{% endif %}
