select id from customers where id in (select user_id from orders)
