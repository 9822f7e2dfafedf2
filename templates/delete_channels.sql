DELETE FROM {{ channels }}
WHERE {% if whole %}1 = 1{% else %}channel IN ({% for column in columns %}{{ column.name }}{% if not loop.last %}, {% endif %}{% endfor %}){% endif %}

