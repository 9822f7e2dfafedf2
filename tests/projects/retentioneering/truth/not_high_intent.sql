select user_id from ev where berlin >= '2024-03-17 14:30:00'
except select user_id from ev where event = 'purchase'
except (select user_id from ev group by 1
having (count(*) filter (event = 'add_to_cart' and berlin >= '2024-05-16 14:30:00') >= 2)::int
  + (count(*) filter (event = 'wishlist_add' and berlin >= '2024-05-18 14:30:00') >= 1)::int
  + (count(*) filter (event = 'payment_details' and berlin >= '2024-05-16 14:30:00') >= 1)::int
  + (bool_or(user_lifecycle = 'loyal') and max(berlin)::date between '2024-04-16' and '2024-06-01')::int >= 2)
