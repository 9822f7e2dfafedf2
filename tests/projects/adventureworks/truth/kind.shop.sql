select customerid from customers where storeid is not null and customerid not in (from suppressed)
