select user_id from payments group by 1 having count(distinct payment_method) > 1 and count(*) in (2, 3, 4)
