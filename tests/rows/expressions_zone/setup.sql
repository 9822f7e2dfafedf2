create table customers (customer_id bigint, t timestamptz);
insert into customers values (1, '2026-03-07 17:00:00+00'), (2, '2026-03-08 04:59:59+00'), (3, '2026-03-08 05:00:00+00'), (4, '2026-03-01 04:59:59+00'), (5, null);
create table orders (customer_id bigint, id bigint, "at" timestamptz);
insert into orders values (1, 1, '2026-03-07 17:00:00+00'), (1, 2, '2026-03-08 16:00:00+00'), (2, 3, '2026-03-08 04:59:59+00'), (2, 4, '2026-03-08 05:00:00+00');
