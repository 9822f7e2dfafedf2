select distinct user_id from payments where status = 'returned' and amount >= 1500
