//! Rows: what the SQL answers on a real engine, every aggregate and function by hand.

use super::fixture::*;
use super::{plans, split, written};
use duckdb::Connection;
use duckdb::types::Value;
use segc::expr::{Agg, Expr, ExprKind, Func, Literal, Type, Unit};
use segc::model::{Model, Predicate, Window};
use segc::source::At;

const TABLES: &str = "
    create table customers (customer_id integer, country varchar, age integer);
    create table orders (order_id integer, customer_id integer, ordered_at timestamptz, channel varchar,
        status varchar, total decimal(12, 2));
    create table order_items (order_id integer, product_id integer, quantity integer);
    create table products (product_id integer, category varchar);";

fn engine(rows: &str) -> Connection {
    let c = Connection::open_in_memory().expect("an engine");
    c.execute_batch(TABLES).expect("the tables");
    c.execute_batch(rows).expect("the rows");
    c
}

/// All rows by key, each value as text.
fn answer(c: &Connection, query: &segc::emit::EntityQuery) -> Vec<Vec<String>> {
    for sql in &query.prelude {
        c.execute_batch(sql)
            .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    }
    let mut statement = c
        .prepare(&format!("select * from ({}\n) order by 1", query.sql))
        .unwrap_or_else(|e| panic!("{e}\n{}", query.sql));
    let n = query.columns.len();
    let mut rows = statement
        .query([])
        .unwrap_or_else(|e| panic!("{e}\n{}", query.sql));
    let mut out = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}\n{}", query.sql)) {
        out.push(
            (0..n)
                .map(|i| show(&row.get::<_, Value>(i).expect("a value")))
                .collect(),
        );
    }
    out
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::Boolean(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::BigInt(n) => n.to_string(),
        Value::Double(f) => format!("{f:.6}"),
        Value::Text(s) => s.clone(),
        Value::List(items) => format!("{:?}", items.iter().map(show).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

fn column(rows: &[Vec<String>], query: &segc::emit::EntityQuery, name: &str) -> Vec<String> {
    let at = query
        .columns
        .iter()
        .position(|c| c.name == name)
        .unwrap_or_else(|| panic!("no {name}"));
    rows.iter().map(|r| r[at].clone()).collect()
}

/// One column of both plans, which must agree.
pub(super) fn both(model: &Model, rows: &str, name: &str) -> Vec<String> {
    let c = engine(rows);
    let (naive, optimised) = plans(model);
    let split = written(&split(&naive, model), model);
    let (naive, optimised) = (written(&naive, model), written(&optimised, model));
    let (a, b) = (answer(&c, &naive), answer(&c, &optimised));
    assert_eq!(a, b, "{}\n\n{}", naive.sql, optimised.sql);
    assert_eq!(answer(&c, &split), b, "{}", split.sql);
    column(&b, &optimised, name)
}

pub(super) const SMALL: &str = "
    insert into customers values (1, 'US', 30), (2, 'CA', null), (3, null, 50);
    insert into orders values
        (10, 1, '2026-01-01 10:00:00+00', 'web',   'paid',      10.00),
        (11, 1, '2026-01-02 10:00:00+00', 'store', 'paid',      20.50),
        (12, 1, '2026-01-02 10:00:00+00', null,    'paid',      null),
        (13, 1, '2026-01-03 10:00:00+00', 'web',   'cancelled', 99.00),
        (14, 1, '2026-01-31 09:00:00+00', 'web',   'paid',      99.00),
        (15, 1, null,                     'web',   'paid',      99.00),
        (16, 1, '2025-06-01 00:00:00+00', 'app',   'paid',      40.00),
        (20, 2, '2026-01-05 10:00:00+00', 'web',   'paid',      null),
        (30, null, '2026-01-05 10:00:00+00', 'web', 'paid',     7.00),
        (31, 99, '2026-01-05 10:00:00+00', 'web',  null,        7.00);
    insert into order_items values (10, 1, 2), (10, 2, 1), (11, 1, 5), (12, 7, 4), (13, 1, 100), (77, 1, 9);
    insert into products values (1, 'shoes'), (2, 'hats');";

fn orders_measure(agg: Agg, of: Option<&str>, window: fn(&Shop) -> Window) -> Vec<String> {
    let mut m = Shop::new();
    let arg = of.map(|c| m.col(ORDERS, c));
    let w = window(&m);
    let id = m.measure(ORDERS, agg, arg, vec![], w);
    let value = m.value(id);
    m.trait_("x", value);
    both(&m.model(), SMALL, "trait_x")
}

#[test]
fn every_aggregate_has_its_value_and_its_value_on_no_rows() {
    let all = Shop::all_time;
    assert_eq!(orders_measure(Agg::Count, None, all), ["4", "1", "0"]);
    assert_eq!(
        orders_measure(Agg::CountDistinct, Some("channel"), all),
        ["3", "1", "0"]
    );
    assert_eq!(
        orders_measure(Agg::Exists, None, all),
        ["true", "true", "false"]
    );
    assert_eq!(
        orders_measure(Agg::Avg, Some("total"), all),
        ["23.500000", "-", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Median, Some("total"), all),
        ["20.500000", "-", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Stddev, Some("total"), all),
        ["15.223337", "-", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Min, Some("order_id"), all),
        ["10", "20", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Max, Some("order_id"), all),
        ["16", "20", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Sum, Some("order_id"), all),
        ["49", "20", "0"]
    );
    assert_eq!(
        orders_measure(Agg::ListDistinct, Some("channel"), all),
        [r#"["app", "store", "web"]"#, r#"["web"]"#, "[]"]
    );
    assert_eq!(
        orders_measure(Agg::First, Some("channel"), all),
        ["app", "web", "-"]
    );
    // Two orders at one instant: the later key is the last, and its NULL is its value.
    assert_eq!(
        orders_measure(Agg::Last, Some("channel"), all),
        ["-", "web", "-"]
    );
    assert_eq!(
        orders_measure(Agg::Last, Some("order_id"), all),
        ["12", "20", "-"]
    );
    // One each: the smallest value wins.
    assert_eq!(
        orders_measure(Agg::MostFrequent, Some("channel"), all),
        ["app", "web", "-"]
    );
    assert_eq!(
        orders_measure(Agg::LeastFrequent, Some("channel"), all),
        ["app", "web", "-"]
    );
    // A sum over rows without any value is 0, too.
    let sum = orders_measure(Agg::Sum, Some("total"), all);
    assert!(sum[0].contains("value: 7050"), "{sum:?}");
    assert!(
        sum[1].contains("value: 0 ") && sum[2].contains("value: 0 "),
        "{sum:?}"
    );
    assert_eq!(
        orders_measure(Agg::Count, None, |m| m.days(90)),
        ["3", "1", "0"]
    );
    let before = |m: &Shop| Window {
        from: None,
        until: Some(m.back(90)),
    };
    assert_eq!(orders_measure(Agg::Count, None, before), ["1", "0", "0"]);
}

#[test]
fn items_see_their_order_and_their_product() {
    let mut m = Shop::new();
    let all = m.all_time();
    let quantity = m.col(ITEMS, "quantity");
    let sum = m.measure(ITEMS, Agg::Sum, Some(quantity.clone()), vec![], all.clone());
    let shoes = eq(m.col(ITEMS, "category"), text("shoes"));
    let shoes = m.measure(
        ITEMS,
        Agg::Sum,
        Some(quantity.clone()),
        vec![shoes],
        all.clone(),
    );
    let top = m.measure(
        ITEMS,
        Agg::MostFrequent,
        Some(m.col(ITEMS, "category")),
        vec![],
        all.clone(),
    );
    // No key: all of the item's columns break the tie.
    let last = m.measure(ITEMS, Agg::Last, Some(quantity), vec![], all);
    for (name, id) in [("sum", sum), ("shoes", shoes), ("top", top), ("last", last)] {
        let value = m.value(id);
        m.trait_(name, value);
    }
    let model = m.model();
    assert_eq!(both(&model, SMALL, "trait_sum"), ["12", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_shoes"), ["7", "0", "0"]);
    assert_eq!(both(&model, SMALL, "trait_top"), ["shoes", "-", "-"]);
    assert_eq!(both(&model, SMALL, "trait_last"), ["4", "-", "-"]);
}

#[test]
fn conditions_are_two_valued_and_cover_everybody() {
    let mut m = Shop::new();
    let us = leaf(eq(m.attribute("country"), text("US")));
    let adult = leaf(ge(m.attribute("age"), int(40)));
    let not_us = m.segment("not_us", Predicate::Not(Box::new(us.clone())));
    let of = vec![us.clone(), adult.clone(), Predicate::Segment(not_us)];
    m.segment(
        "one",
        Predicate::Count {
            min: Some(1),
            max: Some(1),
            of: of.clone(),
        },
    );
    m.segment(
        "two",
        Predicate::Count {
            min: Some(2),
            max: None,
            of,
        },
    );
    m.segment(
        "none",
        Predicate::Not(Box::new(Predicate::Any(vec![us.clone(), adult.clone()]))),
    );
    m.segment("nobody", Predicate::Any(vec![]));
    m.segment("everybody", Predicate::All(vec![]));
    m.group("g", vec![("us", us), ("old", adult.clone())], "rest");
    m.suppress(adult);
    let model = m.model();
    let get = |name: &str| both(&model, SMALL, name);
    assert_eq!(get("seg_not_us"), ["false", "true", "true"]);
    assert_eq!(get("seg_one"), ["true", "true", "false"]);
    assert_eq!(get("seg_two"), ["false", "false", "true"]);
    assert_eq!(get("seg_none"), ["false", "true", "false"]);
    assert_eq!(get("seg_nobody"), ["false", "false", "false"]);
    assert_eq!(get("seg_everybody"), ["true", "true", "true"]);
    assert_eq!(get("seg_g__us"), ["true", "false", "false"]);
    assert_eq!(get("seg_g__old"), ["false", "false", "true"]);
    assert_eq!(get("seg_g__rest"), ["false", "true", "false"]);
    assert_eq!(get("suppressed"), ["false", "false", "true"]);
    assert_eq!(get("entity_key"), ["1", "2", "3"]);
}

type RowExpr = Expr<segc::model::Col>;

fn cast(e: RowExpr, ty: Type) -> RowExpr {
    let kind = ExprKind::Cast {
        expr: Box::new(e),
        safe: false,
    };
    Expr::new(kind, ty, At(SPAN))
}

/// What an expression over the time of an order is, for each of some times.
fn at(zone: &str, times: &[&str], make: impl Fn(RowExpr) -> RowExpr) -> Vec<String> {
    let mut m = Shop::new();
    m.zone(zone);
    let e = make(m.col(ORDERS, "ordered_at"));
    let e = if e.ty == Type::Int {
        e
    } else {
        cast(e, Type::String)
    };
    let all = m.all_time();
    let id = m.measure(ORDERS, Agg::Max, Some(e), vec![], all);
    let value = m.value(id);
    m.trait_("x", value);
    let rows: String = times
        .iter()
        .enumerate()
        .map(|(n, t)| {
            format!(
                "insert into customers values ({n}, 'US', 30);
                 insert into orders values ({n}, {n}, '{t}', 'web', 'paid', 1);"
            )
        })
        .collect();
    both(&m.model(), &rows, "trait_x")
}

#[test]
fn wall_clocks_follow_the_zone_without_the_engines_help() {
    // Around changes in spring and autumn, and plain days, from long ago until now.
    let times = [
        "2025-03-09T06:59:59Z",
        "2025-03-09T07:00:00Z",
        "2025-11-02T05:59:59Z",
        "2025-11-02T06:00:00Z",
        "2025-04-05T14:59:59Z",
        "2025-04-05T15:00:00Z",
        "2025-10-04T15:30:00Z",
        "2025-02-23T01:59:59Z",
        "2025-02-23T02:00:00Z",
        "2025-07-01T00:00:00Z",
        "1999-12-31T23:59:59Z",
        "1969-07-20T20:17:40Z",
        "1941-08-01T00:00:00Z",
        "1900-01-01T00:00:00Z",
        "1800-01-01T00:00:00Z",
    ];
    let zones = [
        "UTC",
        "America/New_York",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Europe/London",
        "Etc/GMT+5",
    ];
    for zone in zones {
        let tz = jiff::tz::TimeZone::get(zone).expect("a zone");
        let instants = times.map(|t| t.parse::<jiff::Timestamp>().expect("an instant"));
        let expected =
            instants.map(|t| tz.to_datetime(t).strftime("%Y-%m-%d %H:%M:%S").to_string());
        assert_eq!(
            at(zone, &times, |e| cast(e, Type::Datetime)),
            expected,
            "{zone}"
        );
        // There and back: a fold's later hour comes back as the earlier one.
        let back = |e| cast(cast(e, Type::Datetime), Type::Timestamp);
        let expected = instants.map(|t| {
            let there = tz.to_timestamp(tz.to_datetime(t)).expect("compatible");
            there.strftime("%Y-%m-%d %H:%M:%S+00").to_string()
        });
        assert_eq!(at(zone, &times, back), expected, "{zone} and back");
    }
}

#[test]
fn days_are_wall_clock_and_hours_elapsed() {
    let zone = "America/New_York";
    let one = |time: &str, make: &dyn Fn(RowExpr) -> RowExpr| at(zone, &[time], make).remove(0);
    let add = |unit, count| {
        move |e: RowExpr| {
            call(
                Func::DateAdd(unit),
                vec![int_row(count), e],
                Type::Timestamp,
            )
        }
    };
    // The night of 8 March 2025 has 23 hours in New York; 2:30 is in the gap and moves on to 3:30.
    assert_eq!(
        one("2025-03-08T17:00:00Z", &add(Unit::Day, 1)),
        "2025-03-09 16:00:00+00"
    );
    assert_eq!(
        one("2025-03-08T17:00:00Z", &add(Unit::Hour, 24)),
        "2025-03-09 17:00:00+00"
    );
    assert_eq!(
        one("2025-03-08T07:30:00Z", &add(Unit::Day, 1)),
        "2025-03-09 07:30:00+00"
    );
    assert_eq!(
        one("2025-01-31T17:00:00Z", &add(Unit::Month, 1)),
        "2025-02-28 17:00:00+00"
    );
    let year = |e| call(Func::Year, vec![e], Type::Int);
    assert_eq!(one("2025-01-01T04:59:00Z", &year), "2024");
    let trunc = |e| call(Func::DateTrunc(Unit::Month), vec![e], Type::Timestamp);
    assert_eq!(
        one("2025-04-15T04:59:00Z", &trunc),
        "2025-04-01 04:00:00+00"
    );
    assert_eq!(
        one("2025-04-15T03:59:00Z", &|e| cast(e, Type::Date)),
        "2025-04-14"
    );
}

#[test]
fn functions_mean_what_the_language_says() {
    let value = |e: Expr<segc::model::Atom>| {
        let mut m = Shop::new();
        m.trait_("x", e);
        both(
            &m.model(),
            "insert into customers values (1, 'US', 30)",
            "trait_x",
        )
        .remove(0)
    };
    let float = |f: f64| lit(Literal::Float(f.to_bits()), Type::Float);
    let list = |items: &[&str]| {
        let items = items
            .iter()
            .map(|s| Literal::String((*s).to_owned()))
            .collect();
        lit(Literal::Array(items), Type::Array(Box::new(Type::String)))
    };
    let b = |f, args| value(call(f, args, Type::Boolean));
    let s = |f, args| value(call(f, args, Type::String));
    let i = |f, args| value(call(f, args, Type::Int));
    let f = |f, args| value(call(f, args, Type::Float));
    for (key, bucket) in [
        ("1001", "6872"),
        ("cust_00042", "1643"),
        ("Ünïcode", "9967"),
    ] {
        assert_eq!(
            i(Func::HashBucket, vec![text(key), int(10000), text("exp_a")]),
            bucket
        );
    }
    assert_eq!(f(Func::Div, vec![int(1), int(4)]), "0.250000");
    assert_eq!(f(Func::Div, vec![int(1), int(0)]), "-");
    assert_eq!(i(Func::Mod, vec![int(7), int(0)]), "-");
    assert_eq!(i(Func::Mod, vec![int(-7), int(3)]), "-1");
    assert_eq!(f(Func::Round, vec![float(-2.5)]), "-3.000000");
    assert_eq!(f(Func::Ln, vec![float(0.0)]), "-");
    assert_eq!(f(Func::Sqrt, vec![float(-1.0)]), "-");
    assert_eq!(b(Func::Like, vec![text("a_b"), text("a\\_b")]), "true");
    assert_eq!(b(Func::Like, vec![text("axb"), text("a\\_b")]), "false");
    assert_eq!(b(Func::Like, vec![text("ABC"), text("a%")]), "false");
    assert_eq!(b(Func::NotILike, vec![text("ABC"), text("a%")]), "false");
    assert_eq!(
        b(Func::RegexpMatches, vec![text("xaby"), text("a.y?")]),
        "true"
    );
    assert_eq!(s(Func::RegexpExtract, vec![text("abc"), text("z")]), "-");
    assert_eq!(
        s(
            Func::Concat,
            vec![text("a"), lit(Literal::Null, Type::String)]
        ),
        "-"
    );
    assert_eq!(
        i(Func::Greatest, vec![int(1), lit(Literal::Null, Type::Int)]),
        "1"
    );
    assert_eq!(i(Func::Length, vec![text("héllo")]), "5");
    assert_eq!(
        b(Func::AnyIn, vec![list(&["a"]), list(&["a", "b"])]),
        "true"
    );
    assert_eq!(
        b(Func::AllIn, vec![list(&["a"]), list(&["a", "b"])]),
        "true"
    );
    assert_eq!(
        b(Func::AllIn, vec![list(&["a", "c"]), list(&["a", "b"])]),
        "false"
    );
    assert_eq!(
        b(Func::NoneIn, vec![list(&["c"]), list(&["a", "b"])]),
        "true"
    );
    assert_eq!(b(Func::AnyIn, vec![list(&[]), list(&["a", "b"])]), "false");
    assert_eq!(
        s(
            Func::JsonText,
            vec![text("{\"a\": {\"b c\": [5, 6]}}"), text("a.b c.1")]
        ),
        "6"
    );
    assert_eq!(s(Func::JsonText, vec![text("no json"), text("a")]), "-");
    assert_eq!(
        f(Func::JsonNumber, vec![text("{\"a\": \"x\"}"), text("a")]),
        "-"
    );
    let km = vec![
        float(40.7128),
        float(-74.0060),
        float(51.5074),
        float(-0.1278),
    ];
    assert_eq!(
        value(call(Func::DistanceKm, km, Type::Float))
            .split('.')
            .next(),
        Some("5570")
    );
    let date = |d: &str| lit(Literal::Date(d.parse().expect("a date")), Type::Date);
    assert_eq!(i(Func::Weekday, vec![date("2026-01-05")]), "1");
    assert_eq!(
        i(
            Func::DateDiff(Unit::Month),
            vec![date("2026-01-31"), date("2026-02-01")]
        ),
        "1"
    );
    assert_eq!(
        i(
            Func::DateDiff(Unit::Day),
            vec![date("2026-02-01"), date("2026-01-31")]
        ),
        "-1"
    );
    // Precedence is written out where it must be.
    let sum = call(Func::Add, vec![int(1), int(2)], Type::Int);
    assert_eq!(i(Func::Mul, vec![sum.clone(), sum.clone()]), "9");
    assert_eq!(
        i(
            Func::Sub,
            vec![int(1), call(Func::Sub, vec![int(2), int(3)], Type::Int)]
        ),
        "2"
    );
    assert_eq!(i(Func::Neg, vec![int(-5)]), "5");
    let yes = eq(int(1), int(1));
    assert_eq!(
        b(
            Func::Eq,
            vec![yes.clone(), call(Func::Not, vec![yes], Type::Boolean)]
        ),
        "false"
    );
}
