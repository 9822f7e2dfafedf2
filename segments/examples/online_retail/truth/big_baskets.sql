select customer_id from orders where t >= '2011-06-13' and amount > 500 and customer_id not in (from suppressed)
group by 1 having count(*) >= 3
