create table customers as select * from (values ('k2')) as v (customer_id);
create table visits (who varchar, "at" date);
insert into visits values ('k2', '2026-01-31');
