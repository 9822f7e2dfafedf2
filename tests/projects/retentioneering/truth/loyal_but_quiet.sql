select user_id from ev group by 1
having bool_or(user_lifecycle = 'loyal') and max(berlin)::date between '2024-04-16' and '2024-06-01'
