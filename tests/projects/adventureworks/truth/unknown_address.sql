select customerid from shipped where city is null except select customerid from shipped where country = 'United States'
except from suppressed
