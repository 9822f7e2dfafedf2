create table customers (customer_id bigint);
insert into customers values (1), (2), (3);
create table visits (customer_id bigint, visited_at timestamptz, kind varchar);
insert into visits values (1, '2025-12-31 00:00:00+00', 'a'), (2, '2025-12-31 00:00:00.5+00', 'a'), (3, '2025-12-30 23:59:59.999999+00', 'a');
