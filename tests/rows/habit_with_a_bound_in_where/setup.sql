create table customers as select * from (values ('k5'), ('k6')) as v (customer_id);
create table visits ("who" varchar, "at" timestamptz);
insert into visits values
  ('k5', '2024-02-27 23:59:59+00'), ('k5', '2024-01-01 00:00:00+00'),
  ('k6', '2024-02-27 23:59:59+00'), ('k6', '2024-02-10 00:00:00+00');
