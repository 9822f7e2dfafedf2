select id from customers where id not in (select user_id from orders)
