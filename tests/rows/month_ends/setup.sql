create table customers as select 1::bigint as customer_id;
create table ev as select 1::bigint as customer_id, id::bigint as id, t::timestamptz as tstamp, cast(cast(t as timestamp) as date) as day from (values
  (1, '2020-02-29 11:59:59+00'), (2, '2020-02-29 12:00:00+00'),
  (3, '2023-02-28 11:59:59+00'), (4, '2023-02-28 12:00:00+00'), (5, '2023-03-01 00:00:00+00'),
  (6, '2024-01-29 11:59:59+00'), (7, '2024-01-29 12:00:00+00'), (8, '2024-02-01 00:00:00+00'),
  (9, '2024-02-29 11:59:59+00'), (10, '2024-02-29 12:00:00+00'), (11, '2024-03-01 00:00:00+00'),
  (12, '2024-03-31 11:59:59+00')) as v (id, t);
