create table customers (customer_id bigint, country varchar);
insert into customers values (1, 'US'), (2, 'CA'), (3, null), (4, 'US');
create table orders (order_id bigint, customer_id bigint, ordered_at timestamptz, status varchar, channel varchar, total decimal(12,2), score double, store_id bigint);
insert into orders values
  (1, 1, '2025-12-01 10:00:00+00', 'paid', 'web', 10.10, 0.5, 1),
  (2, 1, '2026-01-05 10:00:00+00', 'paid', 'store', 200.20, null, 2),
  (4, 1, '2026-01-20 10:00:00+00', 'paid', null, null, 1.25, null),
  (3, 1, '2026-01-20 10:00:00+00', 'paid', 'web', 30.00, 1, 9),
  (5, 1, '2026-01-21 10:00:00+00', 'cancelled', 'web', 500, 9, 1),
  (6, 1, '2026-01-21 10:00:00+00', null, 'web', 500, 9, 1),
  (7, 1, null, 'paid', 'web', 500, 9, 1),
  (8, 1, '2026-01-31 09:00:00+00', 'paid', 'web', 500, 9, 1),
  (9, 1, '2026-02-01 09:00:00+00', 'paid', 'web', 500, 9, 1),
  (10, 2, '2026-01-30 23:00:00+00', 'paid', null, null, null, 1),
  (11, null, '2026-01-30 23:00:00+00', 'paid', 'web', 7, 7, 1),
  (12, 99, '2026-01-30 23:00:00+00', 'paid', 'web', 7, 7, 1),
  (13, 4, '2025-12-31 12:00:00+00', 'paid', 'app', 5, 1, 2),
  (14, 4, '2026-01-01 12:00:00+00', 'paid', 'web', 7, 1, 2),
  (15, 4, '2026-01-04 00:00:00+00', 'refunded', 'web', 7, 1, 2);
create table stores (store_id bigint, city varchar);
insert into stores values (1, 'Oslo'), (2, 'Bonn'), (3, 'Rome');
create table items (order_id bigint, product_id bigint, qty bigint);
insert into items values (1, 1, 2), (1, 1, 2), (2, 2, 3), (3, 3, null), (3, 7, 1), (4, null, 4), (5, 1, 100), (6, 1, 100), (7, 1, 100), (8, 1, 100), (11, 1, 100), (null, 1, 100), (77, 1, 100), (14, 3, 6);
create table products (product_id bigint, category varchar, brand_id bigint);
insert into products values (1, 'shoes', 1), (2, 'hats', 2), (3, 'bags', 5), (4, 'gems', 1);
create table brands (brand_id bigint, maker varchar);
insert into brands values (1, 'Ada'), (2, 'Bob');
