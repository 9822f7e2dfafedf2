select customer_id from customers where customer_id not in (select customer_id from orders) and customer_id not in (from suppressed)
