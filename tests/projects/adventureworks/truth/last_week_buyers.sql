select distinct customerid from headers where orderdate::date between '2011-12-04' and '2011-12-10' and customerid not in (from suppressed)
