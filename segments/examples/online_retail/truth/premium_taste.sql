select customer_id from orders where customer_id not in (from suppressed)
group by 1
having count(*) >= 4 and stddev_samp(amount::double) < 400
  and (avg(amount::double) filter (where t >= '2010-12-10') > 400 or median(amount::double) > 300)
