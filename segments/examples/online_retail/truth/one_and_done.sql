select customer_id from totals where orders = 1 and first_t < '2011-09-11' and customer_id not in (from suppressed)
