{#- A refused segment stays as it was, but for those who are suppressed now: they leave it all the same. -#}
DELETE FROM {{ changes }} AS d
WHERE EXISTS (
  SELECT 1 FROM {{ scope }} AS c WHERE c.segment = d.segment AND c.entity = {{ entity }} AND c.refused IS NOT NULL
)
{% if unwanted %}
AND NOT (
  d.change = 'exited'
  AND EXISTS (
    SELECT 1 FROM {{ scope }} AS c WHERE c.segment = d.segment AND c.entity = {{ entity }} AND c.respects_suppression
  )
  AND EXISTS (SELECT 1 FROM {{ unwanted }} AS u WHERE u.entity_key = d.entity_key)
)
{% endif %}
