select distinct customer_id from orders where t >= '2011-07-01' and t < '2011-10-01'
except select customer_id from orders where t >= '2011-10-01'
except from suppressed
