select user_id from ev group by 1 having count(distinct platform) = 3
