-- "not (x > 0)" in a SQL leaf: NULL makes the leaf false, so people whom nobody knows are not in it.
select c.customerid from customers c join people p on p.businessentityid = c.personid where p.emailpromotion = 0
