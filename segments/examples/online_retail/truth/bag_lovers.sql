with n as (select customer_id, theme, count(*) as n from bought where theme <> 'services' group by all)
select customer_id from n b where theme = 'bags' and n >= 10
  and not exists (from n x where x.customer_id = b.customer_id and (x.n > b.n or x.n = b.n and x.theme < b.theme))
  and customer_id not in (from suppressed)
