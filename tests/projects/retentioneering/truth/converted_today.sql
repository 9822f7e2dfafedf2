select distinct user_id from ev where event = 'purchase' and berlin::date = '2024-06-15'
