select distinct customerid from details where unitpricediscount > 0 and customerid not in (from suppressed)
