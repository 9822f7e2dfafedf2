create temp view customers as from read_csv('data/raw_customers.csv');
create temp view orders as from read_csv('data/raw_orders.csv');
create temp view payments as
select p.*, o.user_id, o.status, o.order_date from read_csv('data/raw_payments.csv') p join orders o on o.id = p.order_id;
