select customer_id from markets where region in ('eu', 'europe')
  and customer_id in (select customer_id from orders where t >= '2011-01-01') and customer_id not in (from suppressed)
