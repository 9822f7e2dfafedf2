create table snapshot (customer_id bigint, plan varchar, since timestamp, until timestamp);
insert into snapshot values (1, 'free', '2026-03-01 00:00', '2026-03-02 12:00'), (1, 'pro', '2026-03-02 12:00', null);
