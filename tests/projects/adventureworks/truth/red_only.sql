select customerid from details group by 1
having count(*) filter (color <> 'Red') = 0 and customerid not in (from suppressed)
