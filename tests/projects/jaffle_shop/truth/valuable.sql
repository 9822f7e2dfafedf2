select user_id from payments group by 1 having sum(amount) > 2500
