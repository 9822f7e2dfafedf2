create table customers (customer_id bigint, vip boolean);
insert into customers values (1, true), (2, false), (3, false);
create table orders (customer_id bigint, total decimal(12,2), cost decimal(12,3));
insert into orders values (1, 10.61, 10.004), (2, 10.61, 9.999);
