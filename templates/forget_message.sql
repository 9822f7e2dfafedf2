(
    SELECT
      'forget: ' || CAST(known AS {{ text }}) || ' of ' || CAST(given AS {{ text }}) || ' keys of ' || {{ entity }} || ' were known'
{% for table in tables %}
      || ', ' || CAST(n_{{ loop.index }} AS {{ text }}) || ' rows of ' || {{ table.name }}
{% endfor %}
    FROM {{ counts }}
  )
