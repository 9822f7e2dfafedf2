create table customers (customer_id bigint);
insert into customers values (1), (2), (3);
create table items (customer_id bigint, product_id varchar, note varchar);
insert into items values (1, 'xab', 'b'), (2, 'xab', 'c');
create table products (product_id varchar);
