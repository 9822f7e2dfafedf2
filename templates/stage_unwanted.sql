CREATE {{ temporary }}TABLE {{ unwanted }} AS
SELECT DISTINCT u.entity_key
FROM (
  SELECT s.{{ key }} AS entity_key
  FROM {{ stage }} AS s
  WHERE s.{{ suppress_flag }}
{% for suppressor in suppressors %}
  UNION ALL
  SELECT x.entity_key
  FROM (
    {{ suppressor | indent(4) }}
  ) AS x
{% endfor %}
) AS u
