create table customers (customer_id integer, country varchar, email varchar, tags varchar[], sizes bigint[], profile json, raw varchar);
insert into customers values
  (1, 'US', 'a@x.shop', ['x', 'y', null], [1, 2], '{"a": {"b": "t", "c": [10, "2.5"]}, "n": "7", "t": true, "d.e": 1, "z": null}', '{"a": {"b": 1}}'),
  (2, 'CA', 'b@y.shop', [], [], '[]', 'not json'),
  (3, 'us', null, null, null, null, null),
  (4, 'US', 'c', ['z'], [null], '{"a": 5, "n": "seven"}', '""'),
  (5, null, 'd@x.shop', [null], [3], '"text"', '7');
create table orders (order_id integer, customer_id integer, tag varchar, tags varchar[], placed timestamp);
insert into orders values
  (1, 1, 'b', ['p', 'q'], '2026-01-01'), (2, 1, 'a', [], '2026-01-02'), (3, 1, 'b', null, '2026-01-03'), (4, 2, null, ['p'], '2026-01-04');
