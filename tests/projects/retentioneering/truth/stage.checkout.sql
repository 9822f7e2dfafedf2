select user_id from ev where event in ('shipping_details', 'payment_details') except select user_id from ev where event = 'purchase'
