select customer_id from customers c
where exists (from bought b where b.customer_id = c.customer_id and theme = 'kitchen' and t >= '2011-09-01')
   <> exists (from bought b where b.customer_id = c.customer_id and theme = 'lights' and t >= '2011-09-01')
  and exists (from orders o where o.customer_id = c.customer_id and t >= '2011-09-01' and t < '2011-12-01')
  and customer_id not in (from suppressed)
