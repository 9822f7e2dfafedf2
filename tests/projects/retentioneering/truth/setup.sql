-- Berlin is one hour ahead of UTC until 31 March 2024 01:00 UTC, then two. Written out, so that no time zone data is needed.
create temp view ev as
select * exclude ("timestamp"), make_timestamp(epoch_us("timestamp")) as utc,
       make_timestamp(epoch_us("timestamp") + case when make_timestamp(epoch_us("timestamp")) < timestamp '2024-03-31 01:00:00' then 3600000000 else 7200000000 end) as berlin
from read_parquet('data/ecom.parquet')
where make_timestamp(epoch_us("timestamp")) < timestamp '2024-06-15 12:30:00';   -- 14:30 in Berlin
create temp view users as
select user_id, min(user_cohort) as cohort, min(acquisition_channel) as channel from read_parquet('data/ecom.parquet') group by 1;
-- A session that began before as_of counts with all its steps in the table of sessions (that table has no time per step) …
create temp view sessions as
select s.session_id, s.user_id, s.platform, s.steps, e.utc, e.berlin from (
  select session_id, user_id, min(platform) as platform, count(*) as steps from read_parquet('data/ecom.parquet') group by all) s
join (select session_id, min(utc) as utc, min(berlin) as berlin from ev group by 1) e using (session_id);
-- … and so do its pages, whose time is their session's.
create temp view pages as
select p.user_id, p.event, s.platform as session_platform from read_parquet('data/ecom.parquet') p join sessions s using (session_id);
