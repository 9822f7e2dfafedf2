select distinct customer_id from orders where t::date = '2011-12-09' and customer_id not in (from suppressed)
