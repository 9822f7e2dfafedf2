create table people (id integer, country varchar);
insert into people values (1, 'FR'), (2, 'FR'), (3, 'US'), (4, 'US'), (5, 'DE'), (6, null);
create table accounts (account_id varchar, seats integer, gone boolean);
insert into accounts values ('a', 100, false), ('b', 99, false), ('c', null, false), ('d', 500, true);
-- 1 works for a and b; 2 for b; 3 for c and nobody known; 4 has left a, and comes to d at as_of; 5 works for d; 6 for none.
create table memberships (person integer, account_id varchar, role varchar, joined_at timestamp with time zone);
insert into memberships values
  (1, 'a', 'user', '2025-01-01 00:00:00+00'), (1, 'b', 'admin', '2026-01-30 09:00:00+00'),
  (2, 'b', 'admin', '2026-01-30 08:59:59+00'),
  (3, 'c', 'admin', '2025-01-01 00:00:00+00'), (3, 'zzz', 'admin', '2025-01-01 00:00:00+00'), (3, null, 'admin', '2025-01-01 00:00:00+00'),
  (4, 'a', 'left', '2025-01-01 00:00:00+00'), (4, 'd', 'user', '2026-01-31 09:00:00+00'),
  (5, 'd', 'user', '2025-06-01 00:00:00+00'), (5, 'd', 'admin', '2025-07-01 00:00:00+00'),
  (null, 'a', 'user', '2025-01-01 00:00:00+00'), (77, 'a', 'user', '2025-01-01 00:00:00+00');
create table tickets (ticket integer, by_person integer, about varchar);
insert into tickets values (1, 1, 'c'), (2, 2, 'a'), (3, 6, 'b'), (4, 6, 'c');
create table invoices (account_id varchar, amount integer, paid_at timestamp with time zone);
insert into invoices values ('a', 50, '2026-01-01 00:00:00+00'), ('b', 500, '2026-01-31 09:00:00+00'), ('b', 60, '2025-01-01 00:00:00+00'), ('d', 70, null);
create table friends (who integer, whom integer);
insert into friends values (1, 3), (2, 1), (3, 3), (4, 6), (5, null);
