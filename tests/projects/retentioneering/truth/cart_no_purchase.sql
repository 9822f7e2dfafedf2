select user_id from ev where event = 'add_to_cart' and berlin >= '2024-05-16 14:30:00'
except select user_id from ev where event = 'purchase' and berlin >= '2024-05-16 14:30:00'
