INSERT INTO {{ keys }}
SELECT CAST(v.given AS {{ key_type }})
FROM (VALUES
{% for key in given %}
  ({{ key.sql }}){% if not loop.last %},{% endif %}

{% endfor %}
) AS v (given)
