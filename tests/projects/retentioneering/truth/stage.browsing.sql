select user_id from users except select user_id from ev where event in ('add_to_cart', 'shipping_details', 'payment_details', 'purchase')
