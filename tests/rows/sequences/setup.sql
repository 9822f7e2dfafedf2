create table customers as select i::bigint as customer_id from range(1, 14) t(i);
create table carts as select c::bigint as customer_id, w::timestamptz as t, p::bigint as product from (values
  (1, '2026-01-20 10:00:00+00', 1),
  (2, '2026-01-20 10:00:00+00', 1),
  (3, '2026-01-20 10:00:00+00', 1),
  (4, '2026-01-24 09:00:00+00', 1),
  (5, '2026-01-24 09:00:01+00', 1),
  (6, '2026-01-11 08:59:59+00', 1), (6, '2026-01-20 10:00:00+00', null),
  (7, '2026-01-05 00:00:00+00', 1), (7, '2026-01-12 00:00:00+00', 1),
  (8, '2026-01-05 00:00:00+00', 1), (8, '2026-01-12 00:00:00+00', 1),
  (9, '2026-01-05 00:00:00+00', 1), (9, '2026-01-12 00:00:00+00', 1),
  (10, '2026-01-31 09:00:00+00', 1),
  (11, null, 1),
  (12, '2026-01-05 00:00:00+00', 1), (12, '2026-01-06 00:00:00+00', 1), (12, '2026-01-16 00:00:00+00', 1)) as v (c, w, p);
create table orders as select c::bigint as customer_id, w::timestamptz as t, p::bigint as product from (values
  -- at the very moment of the cart: not after it
  (1, '2026-01-20 10:00:00+00', 1),
  -- exactly seven days after it, and a second more
  (2, '2026-01-27 10:00:00+00', 1),
  (3, '2026-01-27 10:00:01+00', 2),
  (6, '2026-01-21 00:00:00+00', null),
  -- between the carts
  (7, '2026-01-08 00:00:00+00', 1),
  -- at the moments of the carts: not strictly between
  (8, '2026-01-05 00:00:00+00', 1), (8, '2026-01-12 00:00:00+00', 1),
  (10, '2026-01-31 10:00:00+00', 1),
  (11, '2026-01-31 00:00:00+00', 1),
  -- from the first cart it takes eleven days, from the second ten
  (12, '2026-01-09 00:00:00+00', 3)) as v (c, w, p);
create table days as select c::bigint as customer_id, d::date as day, k as kind from (values
  (1, '2026-01-10', 'a'), (1, '2026-01-10', 'b'),
  (2, '2026-01-10', 'a'), (2, '2026-01-11', 'b'),
  (3, '2026-01-10', 'a'), (3, '2026-01-12', 'b'),
  (4, '2026-01-30', 'a'),
  (5, '2026-01-31', 'a'),
  (6, '2026-01-30', 'a'), (6, '2026-02-01', 'b'),
  (7, null, 'a'), (7, '2026-01-11', 'b')) as v (c, d, k);
create table nothing (customer_id bigint, t timestamptz, product bigint);
