create table customers (code varchar, gone boolean);
insert into customers values ('001', null), ('002', false), ('003', null), ('004', true), ('005', null), ('006', null), ('007', null);
create table opt_outs (code varchar, revoked_at timestamptz, recorded_at timestamptz);
insert into opt_outs values ('003', null, '2026-03-01 00:00:00+00'), ('003', null, '2025-03-01 00:00:00+00'), ('005', '2025-01-01 00:00:00+00', '2024-01-01 00:00:00+00'), ('006', null, null), (null, null, null), ('999', null, '2025-01-01 00:00:00+00');
create schema segments;
create table segments.customer_history (segment varchar, entity_key varchar, valid_from timestamptz, valid_to timestamptz, entered_run varchar, exited_run varchar);
insert into segments.customer_history values
  ('vip', '001', '2026-01-24 09:00:00+00', null, 'a', null),
  ('vip', '002', '2026-01-24 08:59:59+00', null, 'a', null),
  ('vip', '003', '2026-01-31 09:00:00+00', null, 'a', null),
  ('vip', '004', '2025-12-01 00:00:00+00', '2026-01-31 09:00:00+00', 'a', 'b'),
  ('vip', '005', '2025-12-01 00:00:00+00', '2026-01-31 08:59:59+00', 'a', 'b'),
  ('vip', '006', '2025-11-01 00:00:00+00', '2025-12-01 00:00:00+00', 'a', 'b'),
  ('vip', '006', '2026-01-30 09:00:00+00', null, 'a', null),
  ('once_vip', '007', '2025-12-01 00:00:00+00', null, 'a', null),
  ('loyal', '001', '2025-12-01 00:00:00+00', null, 'a', null),
  ('VIP', '007', '2025-12-01 00:00:00+00', null, 'a', null),
  ('vip', null, '2025-12-01 00:00:00+00', null, 'a', null),
  ('vip', '999', '2025-12-01 00:00:00+00', null, 'a', null);
