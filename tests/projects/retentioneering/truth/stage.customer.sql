select distinct user_id from ev where event = 'purchase'
