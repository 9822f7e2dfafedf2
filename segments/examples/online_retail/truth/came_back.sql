(select customer_id from orders where t >= '2010-12-10' and t < '2011-06-10'
 intersect select customer_id from orders where t >= '2011-09-10')
except select customer_id from orders where t >= '2011-06-10' and t < '2011-09-10'
except from suppressed
