-- Suppression does not apply to this one.
select customer_id from totals c
where revenue > 0 and back / revenue > 0.2
  and (select count(*) from given_back g where g.customer_id = c.customer_id and t >= '2010-12-10') >= 2
