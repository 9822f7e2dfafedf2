create table people (id bigint, x double);
