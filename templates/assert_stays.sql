{#- As in `assert_members.sql`. -#}
SELECT COUNT(*) AS violations
FROM (
  SELECT number, COUNT(*) AS n, {{ fingerprint }} AS f FROM {{ staged }} GROUP BY number
) AS s
FULL JOIN (
  SELECT c.number, COUNT(*) AS n, {{ fingerprint }} AS f
  FROM {{ history }} AS h
  JOIN {{ scope }} AS c ON c.segment = h.segment AND c.entity = {{ entity }} AND c.refused IS NULL AND NOT c.kept
  WHERE h.valid_to IS NULL
  GROUP BY c.number
) AS p ON p.number = s.number
WHERE s.n IS NULL OR p.n IS NULL OR s.n <> p.n OR s.f <> p.f