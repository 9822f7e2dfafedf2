with points as (
  select customer_id from bought where quantity >= 100 group by 1 having count(*) >= 10
  union all select distinct customer_id from orders where amount >= 1000
  union all select distinct customer_id from orders where units >= 1000
  union all select customer_id from bought group by 1 having count(distinct StockCode) >= 200)
select customer_id from points where customer_id not in (from suppressed) group by 1 having count(*) >= 2
