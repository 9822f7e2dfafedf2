select id from customers where first_name[1] in ('S', 'M') and last_name[1] <> 'P'
