create table customers as select 1::bigint as customer_id;
create table ev (customer_id bigint, id varchar, "at" timestamptz, "local" timestamp, day date);
insert into ev values
  (1, 'a', '2025-09-06 03:59:59+00', null, '2025-09-05'),
  (1, 'b', '2025-09-06 04:00:00+00', null, '2025-09-06'),
  (1, 'c', '2025-09-06 15:59:59+00', null, '2025-09-06'),
  (1, 'd', '2025-09-06 16:00:00+00', null, '2025-09-06'),
  (1, 'e', '2025-09-07 03:59:59+00', null, '2025-09-06'),
  (1, 'f', '2025-09-07 04:00:00+00', null, '2025-09-07'),
  (1, 'g', '2025-09-07 14:59:59+00', null, '2025-09-07'),
  (1, 'h', '2025-09-07 15:00:00+00', null, '2025-09-07');
