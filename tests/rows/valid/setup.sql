create table stores (store_id bigint, city varchar);
insert into stores values (1, 'Rome'), (2, 'Oslo');
create table calls (id bigint);
insert into calls values (1), (1), (2), (3);
create table member_versions (id bigint, level varchar, store_id bigint, since timestamptz, till timestamptz);
insert into member_versions values
  (1, 'silver', 1, '2025-01-01 00:00:00+00', '2026-01-31 09:00:00+00'),
  (1, 'gold', 2, '2026-01-31 09:00:00+00', null),
  (2, 'gold', 1, '2026-01-31 09:00:01+00', null),
  (3, 'gold', null, '2025-01-01 00:00:00+00', '2026-01-31 09:00:01+00'),
  (4, 'gold', 1, null, null),
  (4, 'gold', 1, null, '2027-01-01 00:00:00+00'),
  (5, 'gold', 1, '2024-01-01 00:00:00+00', '2025-01-01 00:00:00+00'),
  (5, 'silver', 2, '2025-01-01 00:00:00+00', null),
  (6, 'gold', 1, '2024-01-01 00:00:00+00', '2025-01-01 00:00:00+00');
