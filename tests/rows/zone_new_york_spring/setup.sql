create table customers as select 1::bigint as customer_id;
create table ev (customer_id bigint, id varchar, "at" timestamptz, "local" timestamp, day date);
insert into ev values
  (1, 'a', '2026-03-07 15:59:59+00', null, '2026-03-07'),
  (1, 'b', '2026-03-07 16:00:00+00', null, '2026-03-07'),
  (1, 'c', '2026-03-07 16:59:59+00', null, '2026-03-07'),
  (1, 'd', '2026-03-07 17:00:00+00', null, '2026-03-07'),
  (1, 'e', '2026-03-08 04:59:59+00', null, '2026-03-07'),
  (1, 'f', '2026-03-08 05:00:00+00', null, '2026-03-08'),
  (1, 'g', '2026-03-08 15:59:59+00', null, '2026-03-08'),
  (1, 'h', '2026-03-08 16:00:00+00', null, '2026-03-08');
