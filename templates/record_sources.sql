INSERT INTO {{ run_sources }} (run_id, source, kind, row_count, matched, status, message)
VALUES
{% for row in sources %}
  ({{ row | join(', ') }}){% if not loop.last %},{% endif %}

{% endfor %}
