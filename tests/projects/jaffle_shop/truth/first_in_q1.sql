select user_id from orders group by 1 having min(order_date) <= '2018-03-31' and max(order_date) < '2018-04-01'
