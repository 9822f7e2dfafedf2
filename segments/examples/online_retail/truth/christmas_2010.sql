select distinct customer_id from bought where theme = 'christmas' and t < '2011-01-01' and customer_id not in (from suppressed)
