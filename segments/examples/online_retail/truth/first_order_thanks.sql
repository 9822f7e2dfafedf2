select customer_id from totals where first_t >= '2011-11-26' and customer_id not in (from suppressed)
