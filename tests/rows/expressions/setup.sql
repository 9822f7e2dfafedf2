create table customers (customer_id bigint, a bigint, b bigint, f double, d decimal(10,2), s varchar, s2 varchar, p varchar, n bigint, born date, k varchar, kid bigint, j json, tags varchar[], flag boolean);
insert into customers values
  (1, 7, 3, 2.5, 0.25, 'Ünï code', 'b', 'a-b-c', null, '2000-02-29', '1001', 1001, '{"a": {"b": "x"}, "n": 1.5}', ['x', 'y'], true),
  (2, -7, 0, -2.5, -0.25, 'A_b%', 'x', 'abc', null, '2025-03-06', 'cust_00042', null, '{"a": null}', [], false),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
