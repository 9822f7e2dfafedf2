select user_id from ev where event = 'add_to_cart'
except select user_id from ev where event in ('shipping_details', 'payment_details', 'purchase')
