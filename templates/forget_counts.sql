CREATE {{ temporary }}TABLE {{ counts }} AS
SELECT
{% for table in tables %}
  (SELECT COUNT(*) FROM {{ table.sql }} AS t WHERE EXISTS (SELECT 1 FROM {{ keys }} AS k WHERE k.entity_key = t.entity_key)) AS n_{{ loop.index }},
{% endfor %}
  (SELECT COUNT(DISTINCT entity_key) FROM {{ keys }}) AS given,
  (
    SELECT COUNT(DISTINCT k.entity_key)
    FROM {{ keys }} AS k
    JOIN (
{% for table in tables %}
      SELECT entity_key FROM {{ table.sql }}
{% if not loop.last %}
      UNION ALL
{% endif %}
{% endfor %}
    ) AS t ON t.entity_key = k.entity_key
  ) AS known
