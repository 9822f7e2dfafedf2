create table customers (customer_id bigint, birth_date date, joined timestamptz);
insert into customers values (1, '1990-12-28', '2020-12-29 02:00:00+00'), (2, '1985-01-03', null), (3, '1985-01-04', null),
  (4, '2000-02-29', null), (5, null, null), (6, '1990-12-27', null), (7, '1999-03-01', null), (8, '1970-12-31', null),
  (9, '1999-02-28', null);
