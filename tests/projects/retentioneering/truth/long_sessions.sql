select user_id from sessions group by 1
having avg(steps::double) > 10 and count(*) filter (berlin >= '2024-03-01' and berlin < '2024-05-01') >= 2
