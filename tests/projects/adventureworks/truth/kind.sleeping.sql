select customerid from customers where storeid is null and customerid not in (from suppressed)
and customerid not in (select customerid from headers)
