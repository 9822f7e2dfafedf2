select user_id from orders group by 1 having count(*) > 1
