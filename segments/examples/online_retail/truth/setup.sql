-- The analyst's own view of the file; nothing here comes from segc. Paths are relative to the project folder.
create temp view invoice_lines as
select * from read_parquet('data/online_retail.parquet') where CustomerID is not null;

create temp view customers as
select CustomerID as customer_id, arg_max(Country, (InvoiceDate, InvoiceNo)) as country
from invoice_lines group by CustomerID;

create temp view markets as
select c.customer_id, c.country, m.region
from customers c left join read_csv('data/countries.csv') m using (country);

create temp view orders as
select InvoiceNo as invoice_no, CustomerID as customer_id, min(InvoiceDate) as t,
       sum(Quantity * UnitPrice) as amount, sum(Quantity) as units
from invoice_lines where Quantity > 0 and UnitPrice > 0 group by all;

create temp view articles as
select StockCode, max(trim(Description)) as d from read_parquet('data/online_retail.parquet')
where Quantity > 0 and UnitPrice > 0 group by all;

create temp view bought as
select l.CustomerID as customer_id, o.t, l.StockCode, l.Quantity as quantity, l.Quantity * l.UnitPrice as amount,
       case when l.StockCode in ('POST','DOT','C2','M','m','D','S','BANK CHARGES','AMAZONFEE','CRUK','PADS') then 'services'
            when contains(a.d, 'CHRISTMAS') or contains(a.d, 'ADVENT') then 'christmas'
            when contains(a.d, 'BAG') then 'bags'
            when contains(a.d, 'CAKE') or contains(a.d, 'MUG') or contains(a.d, 'TEA') then 'kitchen'
            when contains(a.d, 'LIGHT') or contains(a.d, 'CANDLE') then 'lights'
            when contains(a.d, 'PARTY') or contains(a.d, 'BUNTING') then 'party'
            when contains(a.d, 'CARD') or contains(a.d, 'WRAP') or contains(a.d, 'NOTEBOOK') then 'paper'
            else 'other' end as theme
from invoice_lines l
join orders o on o.invoice_no = l.InvoiceNo
join articles a on a.StockCode = l.StockCode
where l.Quantity > 0 and l.UnitPrice > 0;

create temp view given_back as
select CustomerID as customer_id, InvoiceNo as invoice_no, InvoiceDate as t, -Quantity * UnitPrice as amount
from invoice_lines where InvoiceNo like 'C%' and Quantity < 0;

-- Totals per customer, those without a single order included.
create temp view totals as
select c.customer_id, c.country, c.region,
       coalesce(o.n, 0) as orders, coalesce(o.revenue, 0) as revenue, o.first_t, o.last_t,
       coalesce(r.back, 0) as back
from markets c
left join (select customer_id, count(*) as n, sum(amount) as revenue, min(t) as first_t, max(t) as last_t
           from orders group by 1) o using (customer_id)
left join (select customer_id, sum(amount) as back from given_back group by 1) r using (customer_id);

-- Nobody from here is in a published segment, save where the segment says otherwise.
create temp view suppressed as
select customer_id from totals where revenue > 0 and back >= revenue;
