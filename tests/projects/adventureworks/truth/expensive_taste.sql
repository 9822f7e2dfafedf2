select customerid from details where listprice > 3500
intersect select customerid from headers group by 1 having avg(subtotal::double) > 3000
except from suppressed
