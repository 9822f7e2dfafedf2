//! The synthetic shop: SQL that makes it in the embedded engine, the same rows for the same scale and seed.
//!
//! Scale 1 is 1 M customers, 10 M orders, about 20 M order items and 30 M events over three years ending with 2025; activity is
//! skewed over customers, facts are stored in time order, some values are missing. Every draw is
//! `hash(row * 64 + column + seed)`, so nothing depends on the order of evaluation.

use duckdb::Connection;
use std::path::Path;

/// Makes the tables in a new database file.
pub fn generate(path: &Path, scale: f64, seed: u64) -> duckdb::Result<()> {
    let con = Connection::open(path)?;
    con.execute_batch("SET preserve_insertion_order = true; SET threads = 2;")?;
    for statement in statements(scale, seed) {
        con.execute_batch(&statement)?;
    }
    con.execute_batch("CHECKPOINT")
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "row counts of a benchmark"
)]
fn statements(scale: f64, seed: u64) -> Vec<String> {
    let customers = (1_000_000.0 * scale) as u64;
    let orders = (10_000_000.0 * scale) as u64;
    let events = (29_100_000.0 * scale) as u64;
    let products = 20_000;
    let buyers = customers * 4 / 5;
    let active = customers * 19 / 20;
    let salt = seed * 1_000_003;
    // a multiplicative permutation: rank → customer
    let mut step: u64 = 611_953 * 7 + 2;
    while gcd(step, customers) != 1 {
        step += 1;
    }
    vec![
        format!("CREATE MACRO h(i, k) AS hash(i * 64 + k + {salt})"),
        "CREATE MACRO u(i, k) AS (h(i, k) >> 11)::DOUBLE / 9007199254740992.0".into(),
        "CREATE MACRO nrm(i, k) AS sqrt(-2 * ln(u(i, k) + 1e-12)) * cos(6.283185307179586 * u(i, k + 1))".into(),
        // zipf-like ranks, the head cut at c
        "CREATE MACRO zr(i, k, n, c) AS least(n - 1, floor(n * (power(c + (1 - c) * u(i, k), 4) - power(c, 4)) / (1 - power(c, 4))))::BIGINT".into(),
        format!("CREATE MACRO perm(r) AS 1 + (r * {step}) % {customers}"),
        // when a customer appears in the three years, and for what part of the rest they stay
        "CREATE MACRO s0(c) AS CASE WHEN u(c, 1) < 0.2 THEN 0.0 ELSE (u(c, 1) - 0.2) / 0.8 END".into(),
        "CREATE MACRO life(c) AS CASE WHEN u(c, 2) < 0.35 THEN 1.0 ELSE u(c, 3) END".into(),
        "CREATE MACRO ts(f) AS TIMESTAMP '2023-01-01 00:00:00' + to_seconds(floor(f * 94694400)::BIGINT)".into(),
        "CREATE MACRO pick(x, arr) AS arr[1 + (floor(x * len(arr)))::INT]".into(),
        format!("CREATE TABLE customers AS
            SELECT c AS customer_id,
              CASE WHEN u(c, 10) < 0.04 THEN NULL ELSE 'user' || c || '@' || (['gmail.com', 'yahoo.com', 'outlook.com', 'corp.example'])[1 + (h(c, 11) % 4)::INT] END AS email,
              pick(power(u(c, 12), 2), ['US','GB','DE','FR','CA','AU','NL','ES','IT','SE','BR','MX','JP','IN','PL','DK','NO','FI','IE','NZ']) AS country,
              'city_' || floor(2000 * power(u(c, 13), 2))::INT AS city,
              CASE WHEN u(c, 1) < 0.2 THEN TIMESTAMP '2021-01-01' + to_seconds(floor(u(c, 14) * 63072000)::BIGINT) ELSE ts(s0(c)) END AS signup_at,
              CASE WHEN u(c, 15) < 0.30 THEN NULL ELSE DATE '1945-01-01' + floor(u(c, 16) * 22500)::INT END AS birth_date,
              CASE WHEN u(c, 17) < 0.15 THEN NULL ELSE pick(u(c, 18), ['f','m','f','m','x']) END AS gender,
              CASE WHEN u(c, 19) < 0.10 THEN NULL ELSE u(c, 20) < 0.6 END AS marketing_opt_in,
              pick(power(u(c, 21), 2.2), ['free','free','basic','basic','pro','enterprise']) AS plan,
              pick(u(c, 22), ['organic','paid_search','referral','social','email','affiliate']) AS acquisition_channel,
              floor(exp(5 + 1.5 * nrm(c, 23)))::INT AS loyalty_points,
              u(c, 26) < 0.08 AS is_b2b,
              CASE WHEN u(c, 27) < 0.02 THEN ts(s0(c) + (1 - s0(c)) * u(c, 28)) END AS deleted_at
            FROM (SELECT unnest(range(1, {customers} + 1)) AS c)"),
        format!("CREATE TABLE products AS
            SELECT p AS product_id,
              pick(power(u(p + 900000000, 1), 1.5), ['apparel','shoes','electronics','home','beauty','toys','sports','books','grocery','garden','pets','jewelry','automotive','music','office','baby','health','travel','games','art','outdoor','kitchen','furniture','tools','watches']) AS category,
              'brand_' || floor(400 * power(u(p + 900000000, 2), 2))::INT AS brand,
              round(exp(3 + 0.9 * nrm(p + 900000000, 3)), 2)::DECIMAL(12, 2) AS price
            FROM (SELECT unnest(range(1, {products} + 1)) AS p)"),
        format!("CREATE TABLE orders AS
            WITH b AS (SELECT i, perm(zr(i, 30, {buyers}, 0.10)) AS c FROM (SELECT unnest(range({orders})) AS i)),
            t AS (SELECT c AS customer_id, ts(s0(c) + (1 - s0(c)) * life(c) * u(i, 31)) AS ordered_at,
              pick(u(i, 32), ['paid','paid','paid','shipped','shipped','shipped','shipped','refunded','cancelled','pending']) AS status,
              pick(u(i, 33), ['web','web','web','ios','ios','android','store','phone']) AS channel,
              CASE WHEN u(i, 34) < 0.005 THEN NULL ELSE round(exp(3.8 + 0.8 * nrm(i, 35)), 2)::DECIMAL(12, 2) END AS amount,
              round(CASE WHEN u(i, 37) < 0.7 THEN 0 ELSE exp(1.5 + 0.7 * nrm(i, 38)) END, 2)::DECIMAL(12, 2) AS discount,
              CASE WHEN u(i, 40) < 0.78 THEN NULL ELSE 'CPN' || floor(60 * power(u(i, 41), 2))::INT END AS coupon,
              (h(i, 42) % 300)::INT AS store_id,
              pick(u(i, 43), ['card','card','paypal','applepay','klarna']) AS payment_method, i
             FROM b)
            SELECT row_number() OVER (ORDER BY ordered_at, i) AS order_id, * EXCLUDE (i) FROM t ORDER BY ordered_at, i"),
        format!("CREATE TABLE order_items AS
            SELECT o.order_id * 8 + k AS order_item_id, o.order_id,
              1 + floor({products} * power(u(o.order_id * 8 + k, 44), 2))::INT AS product_id,
              (1 + (u(o.order_id * 8 + k, 45) < 0.2)::INT + (u(o.order_id * 8 + k, 46) < 0.05)::INT)::INT AS quantity,
              round(exp(3 + 0.9 * nrm(o.order_id * 8 + k, 47)), 2)::DECIMAL(12, 2) AS unit_price
            FROM (SELECT order_id, unnest(range(1 + least(6, floor(-1.44 * ln(1 - u(order_id, 49)) * 1.0)::INT))) AS k FROM orders) o
            ORDER BY o.order_id, k"),
        format!("CREATE TABLE events AS
            WITH b AS (SELECT i, perm(zr(i, 50, {active}, 0.05)) AS c FROM (SELECT unnest(range({events})) AS i)),
            e AS (SELECT i, CASE WHEN u(i, 51) < 0.03 THEN NULL ELSE c END AS customer_id,
               s0(c) + (1 - s0(c)) * life(c) * u(i, 52) AS f,
               pick(u(i, 53), ['page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','page_view','product_view','product_view','product_view','product_view','product_view','search','search','add_to_cart','add_to_cart','email_open','email_click']) AS ty,
               1 + floor({products} * power(u(i, 54), 2))::INT AS pid,
               pick(u(i, 55), ['mobile','mobile','mobile','desktop','desktop','tablet']) AS device,
               CASE WHEN u(i, 56) < 0.75 THEN NULL ELSE pick(u(i, 57), ['google','facebook','newsletter','tiktok','partner']) END AS utm_source
             FROM b),
            base AS (SELECT i, customer_id, ts(f) AS occurred_at,
               CASE WHEN ty = 'email_click' AND u(i, 58) < 0.25 THEN 'support_ticket' ELSE ty END AS event_type,
               CASE WHEN ty IN ('product_view', 'add_to_cart') THEN pid END AS product_id, device, utm_source FROM e),
            pur AS (SELECT i + {events} AS i, customer_id,
               least(occurred_at + to_seconds(60 + floor(power(u(i, 59), 4) * 1200000)::BIGINT), TIMESTAMP '2025-12-31 23:59:59') AS occurred_at,
               'purchase' AS event_type, product_id, device, utm_source FROM base WHERE event_type = 'add_to_cart' AND u(i, 60) < 0.38),
            al AS (SELECT * FROM base UNION ALL SELECT * FROM pur)
            SELECT row_number() OVER (ORDER BY occurred_at, i) AS event_id, customer_id, event_type, occurred_at, product_id, device, utm_source,
               (hash(coalesce(customer_id, i) * 4096 + (epoch(occurred_at) / 14400)::BIGINT) >> 20)::BIGINT AS session_id
            FROM al ORDER BY occurred_at, i"),
    ]
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
