select distinct customerid from shipped where country = 'Australia' and customerid not in (from suppressed)
