-- 15 March 14:30 in Berlin is still winter time
select user_id from sessions where utc >= '2024-03-15 13:30:00' and utc < '2024-05-15 12:30:00'
except select user_id from sessions where utc >= '2024-05-15 12:30:00'
