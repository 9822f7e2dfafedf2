with e as (
  select user_id, count(*) as event_count, count(*) filter (event = 'purchase') as purchase_count,
    count(*) filter (event = 'add_to_cart' and berlin >= timestamp '2024-05-16 14:30:00') as carts_30d,
    count(distinct berlin::date) as active_days,
    arg_max(platform, (utc, event_id)) as last_platform, arg_min(event, (utc, event_id)) as first_step,
    list_sort(list(distinct platform)) as platforms,
    date '2024-06-15' - max(berlin)::date as days_quiet, date '2024-06-15' - min(berlin)::date as days_known,
    count(*) filter (hour(berlin) < 6) as night_steps
  from ev group by 1),
s as (select user_id, count(*) as session_count, median(steps::double) as median_steps from sessions group by 1),
u as (select distinct on (user_id) user_id, platform from (select user_id, platform, count(*) as n from sessions group by all)
      order by user_id, n desc, platform),
p as (select user_id, count(*) as errors from pages where event in ('error_page', 'payment_error', 'checkout_bug') group by 1)
select users.user_id,
  coalesce(event_count, 0) as event_count, coalesce(session_count, 0) as session_count, coalesce(purchase_count, 0) as purchase_count,
  purchase_count / session_count as conversion,
  coalesce(carts_30d, 0) as carts_30d, coalesce(active_days, 0) as active_days, last_platform, first_step, u.platform as usual_platform,
  coalesce(platforms, []) as platforms, median_steps, days_quiet, days_known, coalesce(errors, 0) as errors, coalesce(night_steps, 0) as night_steps
from users left join e using (user_id) left join s using (user_id) left join u using (user_id) left join p using (user_id)
