select customer_id from totals join (
  select customer_id, sum(amount) as year from orders where t >= '2010-12-10' group by 1) using (customer_id)
where year - back >= 2500 and last_t >= '2011-09-11' and customer_id not in (from suppressed)
