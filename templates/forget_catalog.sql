UPDATE {{ catalog }} AS c
SET members = (SELECT COUNT(*) FROM {{ members }} AS m WHERE m.segment = c.segment)
WHERE c.entity = {{ entity }}
