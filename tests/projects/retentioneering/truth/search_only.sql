select user_id from ev group by 1 having count(*) filter (event = 'search') >= 3 and count(*) filter (event in ('add_to_cart', 'purchase')) = 0
