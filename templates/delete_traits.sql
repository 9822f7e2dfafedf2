DELETE FROM {{ traits }} AS t
WHERE {% if whole %}1 = 1{% else %}NOT EXISTS (SELECT 1 FROM {{ stage }} AS s WHERE s.{{ key }} = t.entity_key){% endif %}

