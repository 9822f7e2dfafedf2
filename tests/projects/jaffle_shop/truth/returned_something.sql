select distinct user_id from orders where status in ('returned', 'return_pending')
