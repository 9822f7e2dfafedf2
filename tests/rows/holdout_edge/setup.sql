create table customers (code varchar, active boolean);
insert into customers values ('1001', true), ('cust_00042', false), ('Ünïcode', null), ('a b', true);
