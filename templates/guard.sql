UPDATE {{ scope }} AS c
SET refused = CASE
  WHEN n.members < c.size_min
    THEN CAST(n.members AS {{ text }}) || ' members, at least ' || CAST(c.size_min AS {{ text }}) || ' were expected'
  WHEN n.members > c.size_max
    THEN CAST(n.members AS {{ text }}) || ' members, at most ' || CAST(c.size_max AS {{ text }}) || ' were expected'
  WHEN n.members * 10000 > c.max_share * n.population
    THEN CAST(n.members AS {{ text }}) || ' members of ' || CAST(n.population AS {{ text }}) || ', a larger share than max_share'
  WHEN n.entered * 10000 > c.max_change * (n.members - n.entered + n.exited) AND n.members > n.entered - n.exited
    THEN CAST(n.entered AS {{ text }}) || ' would enter, beside ' || CAST(n.members - n.entered + n.exited AS {{ text }}) || ' members until now'
  WHEN n.exited * 10000 > c.max_change * (n.members - n.entered + n.exited)
    THEN CAST(n.exited AS {{ text }}) || ' would exit, of ' || CAST(n.members - n.entered + n.exited AS {{ text }}) || ' members until now'
END
FROM {{ counts }} AS n
WHERE n.segment = c.segment AND n.entity = c.entity AND c.entity = {{ entity }} AND NOT c.retired AND NOT c.kept
