select customer_id from orders where customer_id not in (from suppressed)
group by 1
having count(*) >= 3 and count(*) filter (where isodow(t) >= 6) > count(*) / 2 and bool_or(hour(t) in (12, 13))
