select user_id from orders except select user_id from orders where month(order_date) = 3
