select customer_id from orders where t >= '2010-12-10' and customer_id not in (from suppressed)
group by 1 having count(distinct year(t) * 100 + month(t)) >= 6
