-- Everything is read from the files beside this one.
select 1;
