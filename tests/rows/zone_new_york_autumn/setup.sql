create table customers as select 1::bigint as customer_id;
create table ev (customer_id bigint, id varchar, "at" timestamptz, "local" timestamp, day date);
insert into ev values
  (1, 'a', '2026-10-31 15:59:59+00', null, '2026-10-31'),
  (1, 'b', '2026-10-31 16:00:00+00', null, '2026-10-31'),
  (1, 'c', '2026-10-31 16:59:59+00', null, '2026-10-31'),
  (1, 'd', '2026-10-31 17:00:00+00', null, '2026-10-31'),
  (1, 'e', '2026-11-01 03:59:59+00', null, '2026-10-31'),
  (1, 'f', '2026-11-01 04:00:00+00', null, '2026-11-01'),
  (1, 'g', '2026-11-01 16:59:59+00', null, '2026-11-01'),
  (1, 'h', '2026-11-01 17:00:00+00', null, '2026-11-01');
