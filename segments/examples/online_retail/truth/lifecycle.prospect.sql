select customer_id from totals where last_t is null and customer_id not in (from suppressed)
