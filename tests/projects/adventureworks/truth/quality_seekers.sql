select distinct h.customerid from read_csv('data/salesorderheadersalesreason.csv') x join headers h using (salesorderid)
where x.salesreasonid = 9 and h.orderdate >= timestamp '2011-10-20 09:30:00' and h.customerid not in (from suppressed)
