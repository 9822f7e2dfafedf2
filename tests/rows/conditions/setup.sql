create table customers (customer_id bigint, country varchar, age bigint, vip boolean, gone boolean, code varchar);
insert into customers values (1, 'US', 50, true, false, 'it''s'), (2, 'US', null, null, null, null), (3, 'CA', 41, false, true, 'x'), (4, null, 40, null, false, 'its'), (5, null, null, true, true, null), (6, 'GB', 20, false, null, '');
create table orders (order_id bigint, customer_id bigint, ordered_on date, total bigint);
insert into orders values
  (1, 1, '2025-06-01', 10), (2, 1, '2026-01-10', 10), (3, 1, '2026-01-31', 10), (4, 1, '2026-02-01', 1000), (5, 1, null, 1000),
  (6, 2, '2026-01-02', 5),
  (7, 3, '2026-01-01', 20), (8, 3, '2025-12-31', null),
  (9, 6, '2026-02-01', 7),
  (10, 5, '2025-01-01', 2), (11, 5, '2026-01-15', 12);
