select user_id from payments group by 1 having min(amount) = 0
