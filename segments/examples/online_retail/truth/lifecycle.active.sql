select customer_id from totals where last_t >= '2011-09-11' and not first_t >= '2011-11-10' and customer_id not in (from suppressed)
