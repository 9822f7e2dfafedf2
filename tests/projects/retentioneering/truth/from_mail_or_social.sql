select user_id from users where channel in ('email', 'social') and cohort in ('2024-03', '2024-04')
