INSERT INTO {{ scope }} VALUES
{% for row in rows %}
  ({{ row | join(', ') }}){% if not loop.last %},{% endif %}

{% endfor %}
