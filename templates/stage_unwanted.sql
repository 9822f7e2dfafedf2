CREATE {{ temporary }}TABLE {{ unwanted }} AS
SELECT s.{{ key }} AS entity_key
FROM {{ stage }} AS s
WHERE s.{{ suppress_flag }}
{% for suppressor in suppressors %}
UNION
SELECT x.entity_key
FROM (
  {{ suppressor | indent(2) }}
) AS x
{% endfor %}
