select customer_id from orders where t::date between '2011-11-28' and '2011-12-04' and customer_id not in (from suppressed)
group by 1 having count(*) between 2 and 10
