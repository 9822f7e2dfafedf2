with halves as (
  select customer_id, sum(case when t >= '2011-09-11' then amount else 0 end) as now_, sum(case when t < '2011-09-11' then amount end) as before_
  from orders where t >= '2011-06-13' group by 1)
select customer_id from halves where before_ is not null and now_ > 1.5 * before_ and customer_id not in (from suppressed)
