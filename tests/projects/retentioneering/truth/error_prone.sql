select user_id from pages where session_platform = 'mobile' and event in ('error_page', 'payment_error') group by 1 having count(*) >= 2
