-- Winback: silent since 13 June; cooling: last order before 11 September and after that.
select customer_id from totals
where last_t < '2011-09-11' and not (orders = 1 and first_t < '2011-09-11') and revenue >= 1000
  and customer_id not in (from suppressed)
