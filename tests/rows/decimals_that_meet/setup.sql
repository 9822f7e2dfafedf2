create table customers (customer_id bigint, vip boolean, price decimal(18,6), pieces decimal(18,6), packs integer);
insert into customers values (1, true, 1500.25, 1000, 3), (2, false, 999999999999.999999, 2, 2000000), (3, false, null, 1, 1);
create table orders (customer_id bigint, total decimal(12,2), cost decimal(12,3));
insert into orders values (1, 10.61, 10.004), (2, 10.61, 9.999);
