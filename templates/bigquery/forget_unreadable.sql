SELECT v.line
FROM UNNEST([
{% for key in given %}
  STRUCT({{ key.name }} AS line, {{ key.sql }} AS given){% if not loop.last %},{% endif %}

{% endfor %}
]) AS v
WHERE SAFE_CAST(v.given AS {{ key_type }}) IS NULL
ORDER BY v.line
