select customerid from details where category = 'Bikes' except select customerid from details where subcategory = 'Helmets'
except from suppressed
