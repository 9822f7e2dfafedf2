create table customers as select * from (values ('a'), ('b'), ('c'), ('d'), ('e')) as v (customer_id);
create table ev (who varchar, id varchar, t timestamp);
insert into ev values
  ('a', 'a1', '2026-03-07 23:00:00'), ('a', 'a2', '2026-03-29 23:59:59.999999'),
  ('b', 'b1', '2026-03-30 00:00:00'), ('b', 'b2', '2026-03-30 18:30:00'), ('b', 'b3', '2026-03-30 20:00:00'),
  ('c', 'c1', null),
  ('e', 'e1', '2026-03-31 00:29:59');
create table parts as select * from (values ('a1', 'x'), ('a1', 'y'), ('b3', 'z'), ('b1', null)) as v (id, part);
create table instants (who varchar, t timestamptz);
insert into instants values
  ('a', '2026-03-28 22:59:59Z'), ('a', '2026-03-30 21:59:59.999999Z'),
  ('b', '2026-03-28 23:00:00Z'), ('b', '2026-03-30 22:00:00Z'),
  ('c', null), ('e', '2026-03-30 22:30:00Z');
