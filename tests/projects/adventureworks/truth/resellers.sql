select customerid from headers join customers using (customerid) where storeid is not null and customerid not in (from suppressed)
group by 1 having count(*) >= 2
