create table customers (id bigint);
insert into customers values (1001), (1002), (-5);
