select customerid from customers where storeid is null and customerid not in (from suppressed)
and customerid in (select customerid from headers where not onlineorderflag)
