create table customers as select * from (values ('a', 1::bigint), ('b', 2), ('c', 9), ('d', null)) as v (customer_id, shop_id);
create table shops as select * from (values (1::bigint, 'Oslo'), (2, 'Bonn'), (3, 'Rome')) as v (shop_id, city);
create table ev (who varchar, id varchar, t timestamp);
insert into ev values
  ('a', 'a', '2026-01-24 03:59:59.999999'), ('a', 'b', '2026-01-24 04:00:00'), ('a', 'c', '2026-01-30 18:59:59'), ('a', 'd', '2026-01-30 19:00:00'),
  ('a', 'e', '2026-01-31 03:59:59.999999'), ('a', 'f', '2026-01-31 04:00:00'), ('a', 'g', '2026-01-31 08:59:59'), ('a', 'h', null),
  ('b', 'z', '2026-01-01 00:00:00'), ('b', 'y', '2026-01-01 00:00:00'), ('A', 'q', '2026-01-01 00:00:00');
