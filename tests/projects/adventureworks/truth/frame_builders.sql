select customerid from details where category = 'Components' and customerid not in (from suppressed) group by 1 having sum(orderqty) >= 20
