select customer_id from totals
where orders >= 5 and last_t >= '2011-06-13'
  and (date '2011-12-10' - last_t::date) > 2 * (epoch(last_t) - epoch(first_t)) / 86400 / (orders - 1)
  and customer_id not in (from suppressed)
