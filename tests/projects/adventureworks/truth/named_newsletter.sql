select c.customerid from customers c join people p on p.businessentityid = c.personid
where p.emailpromotion > 0 and exists (from headers h where h.customerid = c.customerid and h.onlineorderflag)
