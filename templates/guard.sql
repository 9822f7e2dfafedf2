{% set target = scope | own %}
UPDATE {{ scope }}
SET
  guard = g.guard,
  message = g.message,
  refused = CASE WHEN g.members = {{ target }}.accepted THEN NULL ELSE g.message END
FROM (
  SELECT
    b.segment,
    b.members,
    b.guard,
    CASE b.guard
      WHEN 'source'
        THEN b.source_short
      WHEN 'size_min'
        THEN CAST(b.members AS {{ text }}) || ' members, at least ' || CAST(b.size_min AS {{ text }}) || ' were expected'
      WHEN 'size_max'
        THEN CAST(b.members AS {{ text }}) || ' members, at most ' || CAST(b.size_max AS {{ text }}) || ' were expected'
      WHEN 'max_share'
        THEN CAST(b.members AS {{ text }}) || ' members of ' || CAST(b.population AS {{ text }}) || ', a larger share than max_share'
      WHEN 'empty'
        THEN 'nobody would be left of ' || CAST(b.until_now AS {{ text }}) || ' members until now'
      WHEN 'broad'
        THEN CAST(b.members AS {{ text }}) || ' of ' || CAST(b.population AS {{ text }}) || ' would enter a segment without members until now'
      WHEN 'entered'
        THEN CAST(b.entered AS {{ text }}) || ' would enter, beside ' || CAST(b.until_now AS {{ text }}) || ' members until now'
      WHEN 'exited'
        THEN CAST(b.exited AS {{ text }}) || ' would exit, of ' || CAST(b.until_now AS {{ text }}) || ' members until now'
    END || CASE WHEN b.accepted <> b.members THEN '; ' || CAST(b.accepted AS {{ text }}) || ' members were accepted' ELSE '' END AS message
  FROM (
    SELECT
      a.*,
      CASE
        WHEN a.source_short IS NOT NULL THEN 'source'
        WHEN a.members < a.size_min THEN 'size_min'
        WHEN a.members > a.size_max THEN 'size_max'
        WHEN a.members * 10000 > a.max_share * a.population THEN 'max_share'
        WHEN a.until_now > 0 AND a.members = 0 AND NOT a.may_be_empty THEN 'empty'
        WHEN a.until_now = 0 AND a.members * 10000 > a.broad_share * a.population AND a.members >= a.broad_min THEN 'broad'
        WHEN a.until_now > 0 AND a.entered * 10000 > a.max_change * a.until_now AND a.entered >= a.min_change THEN 'entered'
        WHEN a.exited * 10000 > a.max_change * a.until_now AND a.exited >= a.min_change THEN 'exited'
      END AS guard
    FROM (
      SELECT
        s.segment,
        s.source_short,
        s.size_min,
        s.size_max,
        s.max_share,
        s.max_change,
        s.min_change,
        s.broad_share,
        s.broad_min,
        s.may_be_empty,
        s.accepted,
        n.members,
        n.entered,
        n.exited,
        n.population,
        n.members - n.entered + n.exited AS until_now
      FROM {{ scope }} AS s
      JOIN {{ counts }} AS n ON n.segment = s.segment AND n.entity = s.entity
      WHERE s.entity = {{ entity }} AND NOT s.retired AND NOT s.kept
    ) AS a
  ) AS b
) AS g
WHERE g.segment = {{ target }}.segment AND {{ target }}.entity = {{ entity }}
