select customer_id from bought where theme not in ('services', 'other') and customer_id not in (from suppressed)
group by 1 having count(distinct theme) >= 6
