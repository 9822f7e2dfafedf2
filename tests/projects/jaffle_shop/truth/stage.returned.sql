select user_id from orders group by 1 having arg_max(status, (order_date, id)) like 'return%'
