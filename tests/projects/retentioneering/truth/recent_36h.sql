select distinct user_id from ev where utc >= '2024-06-14 00:30:00'
