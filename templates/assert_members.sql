{#-
  Rows are compared by their number and the sum of their keys' hashes, segment by segment: joining them all again would cost as
  much as computing them. A staged key is there once, so whoever is missing, wrong or there twice shows.
-#}
SELECT COUNT(*) AS violations
FROM (
  SELECT number, COUNT(*) AS n, {{ fingerprint }} AS f FROM {{ staged }} GROUP BY number
) AS s
FULL JOIN (
  SELECT c.number, COUNT(*) AS n, {{ fingerprint }} AS f
  FROM {{ members }} AS m
  JOIN {{ scope }} AS c ON c.segment = m.segment AND c.entity = {{ entity }} AND c.refused IS NULL AND NOT c.kept
  GROUP BY c.number
) AS p ON p.number = s.number
WHERE s.n IS NULL OR p.n IS NULL OR s.n <> p.n OR s.f <> p.f