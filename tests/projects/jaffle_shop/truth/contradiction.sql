select id from customers where false
