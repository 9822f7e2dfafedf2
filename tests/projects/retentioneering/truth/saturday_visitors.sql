select user_id from sessions where isodow(berlin) = 6 group by 1 having count(*) >= 3
