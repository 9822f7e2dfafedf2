select customer_id from bought where theme = 'christmas' and t::date between '2011-08-01' and '2011-10-31'
  and customer_id not in (from suppressed)
group by 1 having sum(amount) >= 50
