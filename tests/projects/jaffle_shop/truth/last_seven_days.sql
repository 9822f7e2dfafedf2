select distinct user_id from orders where order_date between '2018-04-03' and '2018-04-09'
