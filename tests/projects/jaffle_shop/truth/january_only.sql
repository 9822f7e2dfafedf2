select user_id from orders group by 1 having max(order_date) <= '2018-01-31'
