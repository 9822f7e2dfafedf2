select customerid from headers where customerid not in (from suppressed) group by 1 having min(orderdate) >= '2011-11-24'
