create table customers as select unnest([1, 2, 3, 4])::bigint as customer_id;
create table ev (customer_id bigint, id varchar, "at" timestamptz, "local" timestamp, day date, n bigint);
insert into ev values
  -- 1: before, at and after as_of; at and after a day on; `local` is Berlin's clock, six hours ahead of New York's.
  (1, 'past', '2026-01-31 13:59:59.999999+00', '2026-01-31 14:59:59.999999', '2026-01-30', 1),
  (1, 'now',  '2026-01-31 14:00:00+00',        '2026-01-31 15:00:00',        '2026-01-31', 2),
  (1, 'hour', '2026-01-31 15:00:00+00',        '2026-01-31 16:00:00',        '2026-02-01', 2),
  (1, 'in1',  '2026-02-01 13:59:59.999999+00', '2026-02-01 14:59:59.999999', '2026-02-02', 3),
  (1, 'out1', '2026-02-01 14:00:00+00',        '2026-02-01 15:00:00',        '2026-02-27', null),
  -- A month from 31 January is 28 February, at nine.
  (1, 'in2',  '2026-02-28 13:59:59.999999+00', '2026-02-28 14:59:59.999999', '2026-02-28', 5),
  (1, 'out2', '2026-02-28 14:00:00+00',        '2026-02-28 15:00:00',        '2026-03-01', 7),
  -- 31 March is summer: nine o'clock is 13:00 UTC.
  (1, 'in3',  '2026-03-31 12:59:59.999999+00', null,                         null,         7),
  (1, 'out3', '2026-03-31 13:00:00+00',        null,                         null,         7),
  (1, 'null', null, null, null, 9),
  -- 2: ahead only.
  (2, 'a',    '2026-02-01 14:00:00+00', null, null, 1),
  -- 3: past only.
  (3, 'b',    '2026-01-25 00:00:00+00', null, null, 1),
  (null, 'nobody', '2026-02-01 00:00:00+00', null, null, 1);
create table parts (id varchar, part varchar);
insert into parts values ('past', 'p'), ('now', 'q'), ('out1', 'r'), ('null', 's'), ('a', 't');
create table steps (id varchar, step varchar, due timestamptz);
insert into steps values
  ('past', 'u', '2026-01-31 13:00:00+00'), ('past', 'v', '2026-01-31 15:00:00+00'), ('past', 'w', '2026-02-01 14:00:00+00'),
  -- Of a booking that is still to come, nothing is known.
  ('now', 'x', '2026-01-31 13:00:00+00'), ('now', 'y', '2026-01-31 15:00:00+00');
