-- The shop's tables, empty. A page that shows what a command says fills them.
create table customers (
  customer_id bigint, first_name varchar, email varchar, country varchar, plan varchar, signed_up_at timestamptz,
  birth_date date, renews_on date, email_opt_in boolean, sms_opt_in boolean, is_deleted boolean, store_id bigint,
  tags varchar[], attributes json
);
create table stores (store_id bigint, city varchar, opened_on date);
create table orders (
  order_id bigint, customer_id bigint, ordered_at timestamptz, status varchar, channel varchar, coupon varchar,
  total decimal(12, 2)
);
create table order_items (item_id bigint, order_id bigint, product_id bigint, quantity bigint, price decimal(12, 2));
create table products (product_id bigint, category varchar, brand varchar);
create table deliveries (delivery_id bigint, customer_id bigint, due_on date, status varchar);
create table sessions (session_id bigint, customer_id bigint, started_at timestamptz, device varchar, pages bigint);
create table events (event_id bigint, customer_id bigint, happened_at timestamptz, name varchar, product_id bigint);
create table store_visits (visit_id bigint, customer_id bigint, visited_on date, store_id bigint);
