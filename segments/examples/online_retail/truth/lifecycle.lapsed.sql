select customer_id from totals where last_t < '2011-06-13' and customer_id not in (from suppressed)
