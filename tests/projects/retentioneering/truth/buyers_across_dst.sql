-- local midnights: 31 March begins at 23:00 UTC, 8 April at 22:00 UTC of the day before
select distinct user_id from ev where event = 'purchase' and utc >= '2024-03-30 23:00:00' and utc < '2024-04-07 22:00:00'
