create table customers (customer_id bigint, country varchar, x integer, f double, d decimal(10,2), gone boolean);
insert into customers values
  (1, 'US', 10, 1.5, 1.10, false),
  (2, 'US', 20, 2.5, 2.20, null),
  (3, 'CA', 20, null, 3.30, true),
  (4, 'CA', 30, 2.5, null, false),
  (5, 'US', null, 9.5, 5.50, true),
  (6, null, 20, 0.5, 6.60, false),
  (7, null, 5, 2.5, 7.70, false),
  (8, 'CA', null, null, null, false);
create table orders (order_id bigint, customer_id bigint, ordered_on date, total bigint);
insert into orders values
  (1, 1, '2026-01-10', 100), (2, 1, '2026-01-11', 50), (3, 2, '2026-01-10', 150), (4, 3, '2025-01-10', 200), (5, 8, '2026-01-30', 70),
  (6, 4, '2026-02-10', 999);
