select distinct customerid from details where subcategory = 'Road Bikes' and customerid not in (from suppressed)
