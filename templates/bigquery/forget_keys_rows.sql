INSERT INTO {{ keys }} (entity_key)
SELECT CAST(given AS {{ key_type }})
FROM UNNEST([
{% for key in given %}
  {{ key.sql }}{% if not loop.last %},{% endif %}

{% endfor %}
]) AS given
