select customer_id from bought where theme = 'christmas' and t < '2011-01-01'
except select customer_id from bought where theme = 'christmas' and t >= '2011-08-01'
except from suppressed
