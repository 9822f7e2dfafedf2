create temp view customers as from read_csv('data/customer.csv');
create temp view people as from read_csv('data/person.csv');
create temp view suppressed as
select customerid from customers where personid not in (select businessentityid from people);

create temp view headers as
select * replace (subtotal::decimal(14,4) as subtotal, totaldue::decimal(14,4) as totaldue, freight::decimal(14,4) as freight)
from read_csv('data/salesorderheader.csv', types = {'subtotal': 'decimal(14,4)', 'totaldue': 'decimal(14,4)', 'freight': 'decimal(14,4)'})
where orderdate < timestamp '2011-12-15 09:30:00';

create temp view shipped as
select h.*, a.city, r.name as country
from headers h
left join read_csv('data/address.csv') a on a.addressid = h.shiptoaddressid
left join read_csv('data/stateprovince.csv') s on s.stateprovinceid = a.stateprovinceid
left join read_csv('data/countryregion.csv') r on r.countryregioncode = s.countryregioncode;

create temp view details as
select h.customerid, h.orderdate, d.*, p.color, p.listprice, s.name as subcategory, c.name as category
from read_csv('data/salesorderdetail.csv', types = {'unitprice': 'decimal(14,4)', 'unitpricediscount': 'decimal(6,4)'}) d
join headers h using (salesorderid)
left join read_csv('data/product.csv') p using (productid)
left join read_csv('data/productsubcategory.csv') s on s.productsubcategoryid = p.productsubcategoryid
left join read_csv('data/productcategory.csv') c on c.productcategoryid = s.productcategoryid;
