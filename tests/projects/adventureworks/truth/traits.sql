with h as (
  select customerid, count(*) as n, sum(subtotal) as revenue, sum(freight)::double / sum(totaldue)::double as freight_share,
    arg_min(onlineorderflag, (orderdate, salesorderid)) as first_online
  from shipped group by 1),
-- arg_max skips NULLs; the last order's country is wanted as it is
l as (select distinct on (customerid) customerid, country from shipped order by customerid, orderdate desc, salesorderid desc),
d as (
  select customerid, sum(orderqty) as pieces, sum(orderqty * unitprice * (1 - unitpricediscount)) as item_revenue,
    sum(orderqty * unitprice) filter (category = 'Bikes') as bike_revenue,
    list_sort(list(distinct color) filter (color is not null)) as colours
  from details group by 1),
t as (select distinct on (customerid) customerid, subcategory
      from (select customerid, subcategory, count(*) as n from details where subcategory is not null group by all)
      order by customerid, n desc, subcategory)
select c.customerid,
  coalesce(h.n, 0) as order_count, coalesce(h.revenue, 0) as revenue, h.freight_share,
  coalesce(d.pieces, 0)::bigint as pieces, coalesce(d.item_revenue, 0) as item_revenue, coalesce(d.bike_revenue, 0) as bike_revenue,
  t.subcategory as top_subcategory, coalesce(d.colours, []) as colours,
  l.country as last_country, h.first_online, c.storeid is not null as is_company,
  case when p.title is null then '' else p.title || ' ' end || p.firstname || ' ' || upper(p.lastname) as greeting
from customers c
left join people p on p.businessentityid = c.personid
left join h using (customerid) left join l using (customerid) left join d using (customerid) left join t using (customerid)
