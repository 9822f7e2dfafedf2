select user_id from ev group by 1 having min(berlin) >= '2024-06-01'
