select customer_id from totals c
where orders >= 5
  and not exists (from orders o where o.customer_id = c.customer_id and amount >= 300)
  and (select count(*) from given_back g where g.customer_id = c.customer_id) < 3
  and (case when back / revenue > 0.1 then 1 else 0 end)
    + (case when last_t < '2011-06-13' then 1 else 0 end)
    + (case when (select count(*) from orders o where o.customer_id = c.customer_id and isodow(t) in (6, 7)) > 3 then 1 else 0 end) <= 1
  and customer_id not in (from suppressed)
