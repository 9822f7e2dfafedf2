create table customers as select 1::bigint as customer_id;
create table ev (customer_id bigint, id varchar, "at" timestamptz, "local" timestamp, day date);
insert into ev values
  (1, 'a', '2025-03-28 23:00:00+00', null, '2025-03-29'),
  (1, 'b', '2025-03-29 10:00:00+00', null, '2025-03-29'),
  (1, 'c', '2025-03-29 10:59:59+00', null, '2025-03-29'),
  (1, 'd', '2025-03-29 11:00:00+00', null, '2025-03-29'),
  (1, 'e', '2025-03-29 22:59:59+00', null, '2025-03-29'),
  (1, 'f', '2025-03-29 23:00:00+00', null, '2025-03-30'),
  (1, 'g', '2025-03-30 09:59:59+00', null, '2025-03-30'),
  (1, 'h', '2025-03-30 10:00:00+00', null, '2025-03-30');
