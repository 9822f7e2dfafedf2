create table people (id bigint, x bigint);
insert into people select i, i from range(101) r(i);
