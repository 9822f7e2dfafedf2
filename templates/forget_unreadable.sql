SELECT v.line
FROM (VALUES
{% for key in given %}
  ({{ key.name }}, {{ key.sql }}){% if not loop.last %},{% endif %}

{% endfor %}
) AS v (line, given)
WHERE TRY_CAST(v.given AS {{ key_type }}) IS NULL
ORDER BY v.line
