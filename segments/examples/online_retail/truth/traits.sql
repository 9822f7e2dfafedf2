-- Every trait of every customer.
with o as (
  select customer_id, count(*) as order_count,
    sum(amount) filter (where t >= '2010-12-10') as revenue_365d,
    sum(amount) filter (where t >= '2011-09-11') as revenue_90d,
    min(t) as first_order_at, max(t) as last_order_at,
    date '2011-12-10' - max(t)::date as recency_days,
    (epoch(max(t)) - epoch(min(t))) / 86400.0 / nullif(count(*) - 1, 0) as rhythm_days,
    count(distinct strftime(t, '%Y-%m')) filter (where t >= '2010-12-10') as active_months,
    max(amount) as biggest_order,
    arg_max(amount, (t, invoice_no)) as last_order_amount,
    median(amount::double) as median_order,
    count(*) filter (where dayofweek(t) in (0, 6)) as weekend_orders
  from orders group by 1),
b as (
  select customer_id, count(*) as line_count, sum(amount) as revenue, count(distinct StockCode) as article_count,
    list_sort(list(distinct theme) filter (where t >= '2011-09-01')) as themes
  from bought group by 1),
f as (
  select distinct on (customer_id) customer_id, theme from (
    select customer_id, theme, count(*) as n from bought where theme <> 'services' group by all)
  order by customer_id, n desc, theme),
r as (
  select customer_id, sum(amount) as returned_value, count(distinct invoice_no) as return_count
  from given_back group by 1)
select m.customer_id,
  coalesce(line_count, 0) as line_count,
  coalesce(order_count, 0) as order_count,
  coalesce(revenue, 0) as revenue,
  coalesce(revenue_365d, 0) as revenue_365d,
  coalesce(revenue_90d, 0) as revenue_90d,
  revenue::double / order_count as aov,
  first_order_at, last_order_at, recency_days, rhythm_days,
  coalesce(active_months, 0) as active_months,
  coalesce(article_count, 0) as article_count,
  coalesce(f.theme, 'none') as favourite_theme,
  coalesce(themes, []) as themes,
  coalesce(biggest_order, 0) as biggest_order,
  last_order_amount, median_order,
  coalesce(returned_value, 0) as returned_value,
  coalesce(return_count, 0) as return_count,
  coalesce(revenue, 0) - coalesce(returned_value, 0) as net_revenue,
  coalesce(returned_value::double / nullif(revenue, 0)::double, 0) as return_rate,
  coalesce(region <> 'home', false) as is_export,
  coalesce(weekend_orders, 0) as weekend_orders
from markets m
left join o using (customer_id) left join b using (customer_id) left join f using (customer_id) left join r using (customer_id)
