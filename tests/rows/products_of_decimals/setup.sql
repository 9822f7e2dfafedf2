create table customers (customer_id bigint, price decimal(18,6), pieces decimal(18,6), packs integer);
insert into customers values (1, 1500.25, 1000, 3), (2, 999999999999.999999, 2, 2000000), (3, null, 1, 1);
