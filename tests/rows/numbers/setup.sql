-- Whole numbers of 32 bits are whole numbers, too.
create table customers as select * from (values (1, 2.5::double, 'Ü'), (2, -2.5, 'É'), (3, null, null)) as v (customer_id, x, u);
create table rr (customer_id integer, n integer, big bigint, f double, s varchar, d date, b boolean, dec decimal(16,2));
insert into rr values (1, 1, 4000000000000000000, 0.1, 'B', '2026-01-01', true, 0.10), (1, 2, 4000000000000000000, 0.2, 'é', '2026-01-02', false, 0.20),
  (2, 5, 1, null, 'z', '2026-01-03', true, 99999999999999.99);
