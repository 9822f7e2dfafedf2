create table tenant_versions (id varchar, plan varchar, from_day date, to_day date);
insert into tenant_versions values
  ('a', 'free', '2025-01-01', '2026-01-31'), ('a', 'paid', '2026-01-31', null),
  ('b', 'free', '2026-02-01', null),
  ('c', 'free', '2025-01-01', '2026-02-01'),
  ('d', 'free', '2026-01-31', '2026-01-31');
