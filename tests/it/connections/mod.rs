//! Targets and dbt's profiles, as the program reads them, and `segc debug` over doubles of what they name.

mod bigquery;
mod embedded;
mod profiles;

use crate::cli::{Place, Ran};
use crate::doubles::http::{Fault, Response, never};
use crate::doubles::snowflake::{Account, Manner, Outcome};
use segc::engine::snowflake::Options;
use segc::engine::surroundings::Surroundings;
use segc::engine::{Remote, State};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const SEGMENTS: &str = "segments: [{name: all_of_them, where: \"age > 3\"}]\n";

fn text() -> Json {
    json!({"type": "text"})
}

fn row(cells: &[&str]) -> Vec<Option<String>> {
    cells
        .iter()
        .map(|c| (!c.is_empty()).then(|| (*c).to_owned()))
        .collect()
}

/// What an account in order says.
fn in_order(sql: &str) -> Outcome {
    if sql.contains("current_version()") {
        let names = ["V", "U", "R", "W", "D"].map(|n| (n, text()));
        return Outcome::Rows(
            names.to_vec(),
            vec![row(&["9.99", "SEGC_BUILD", "SEGC", "WH", "SHOP"])],
        );
    }
    if sql.contains("information_schema.schemata") {
        assert!(sql.ends_with("'SEGMENTS'"), "{sql}");
        return Outcome::Rows(
            vec![("N", json!({"type": "fixed", "scale": 0}))],
            vec![row(&["1"])],
        );
    }
    if sql.starts_with("show grants") {
        let names = ["created_on", "privilege", "grantee_name"].map(|n| (n, text()));
        let rows = ["CREATE TABLE", "CREATE VIEW", "USAGE"].map(|p| row(&["x", p, "SEGC"]));
        return Outcome::Rows(names.to_vec(), rows.to_vec());
    }
    Outcome::Rows(
        vec![("N", json!({"type": "fixed", "scale": 0}))],
        vec![row(&["1"])],
    )
}

/// What is found, a line each; what is wrong has `!` before it, what is unsure `?`.
fn examined(account: &Account, change: impl FnOnce(&mut Options)) -> Vec<String> {
    let mut options = account.options();
    change(&mut options);
    let still = Arc::clone(&account.still) as Arc<dyn Surroundings>;
    let found = Remote::Snowflake(options).examine(still, "segments");
    found
        .into_iter()
        .map(|f| match f.state {
            State::Fine(said) => format!("{}: {said}", f.what),
            State::Unsure(said) => format!("? {}: {said}", f.what),
            State::Wrong { said, help } => format!("! {}: {said} / {help}", f.what),
        })
        .collect()
}

#[test]
fn an_account_in_order_has_nothing_wrong() {
    let account = Account::new(Manner::default(), in_order, never);
    assert_eq!(
        examined(&account, |_| {}),
        [
            "connection: fine, Snowflake 9.99 as SEGC_BUILD",
            "role: SEGC",
            "warehouse: WH runs queries",
            "database: SHOP",
            "schema: SEGMENTS",
            "rights: CREATE TABLE, CREATE VIEW"
        ]
    );
}

#[test]
fn what_is_wrong_with_an_account_is_named() {
    let last = |account: &Account, change: &dyn Fn(&mut Options)| {
        let found = examined(account, change);
        found.last().cloned().unwrap_or_default()
    };
    let fine = Account::new(Manner::default(), in_order, never);
    let said = last(&fine, &|o| o.warehouse = Some("W2".to_owned()));
    assert!(
        said.starts_with("! warehouse: 000606: No active warehouse"),
        "{said}"
    );
    assert!(said.contains("USAGE"), "{said}");
    let said = last(&fine, &|o| o.account = "other-account".to_owned());
    assert!(
        said.starts_with("! connection: Snowflake does not let this user in (401 390144)"),
        "{said}"
    );
    assert!(said.contains("RSA_PUBLIC_KEY_FP"), "{said}");
    // Nobody listens at port 1.
    let said = last(&fine, &|o| o.port = Some(1));
    assert!(
        said.contains("refuses the connection") && said.contains("check the network"),
        "{said}"
    );

    let without = |what: &'static str, outcome: Outcome| {
        Account::new(
            Manner::default(),
            move |sql| {
                if sql.contains(what) {
                    outcome.clone()
                } else {
                    in_order(sql)
                }
            },
            never,
        )
    };
    let denied = Outcome::Failed(
        "002003",
        "02000",
        "SQL compilation error:\nDatabase 'SHOP' does not exist or not authorized.",
    );
    let said = last(&without("schemata", denied.clone()), &|_| {});
    assert!(
        said.starts_with("! database: 002003: SQL compilation error:\nDatabase 'SHOP'"),
        "{said}"
    );
    let none = Outcome::Rows(
        vec![("N", json!({"type": "fixed", "scale": 0}))],
        vec![row(&["0"])],
    );
    let said = last(&without("schemata", none), &|_| {});
    assert!(
        said.starts_with("? schema: there is no `SEGMENTS`"),
        "{said}"
    );
    let fewer = Outcome::Rows(
        ["privilege", "grantee_name"].map(|n| (n, text())).to_vec(),
        vec![
            row(&["CREATE TABLE", "SEGC"]),
            row(&["CREATE VIEW", "ADMIN"]),
            row(&["OWNERSHIP", "ADMIN"]),
        ],
    );
    let said = last(&without("show grants", fewer), &|_| {});
    assert_eq!(
        said,
        "? rights: the role itself has no CREATE VIEW; a role that it has may"
    );
    let said = last(&without("show grants", denied.clone()), &|_| {});
    assert!(said.starts_with("? rights: cannot be told"), "{said}");
    let said = last(
        &without(
            "current_version",
            Outcome::Failed(
                "390189",
                "08001",
                "Role 'SEGC' does not exist or not authorized",
            ),
        ),
        &|_| {},
    );
    assert!(said.starts_with("! connection: 390189"), "{said}");
    let gone = Account::new(Manner::default(), in_order, |_| {
        Some(Fault::Instead(Response::json(
            404,
            &json!({"code": "390100", "message": "no account"}),
        )))
    });
    let said = last(&gone, &|_| {});
    assert!(
        said.contains("knows no such account") && said.contains("check `account`"),
        "{said}"
    );
}

#[test]
fn the_least_that_a_build_needs_is_written_out() {
    let account = Account::new(Manner::default(), in_order, never);
    let grants = Remote::Snowflake(account.options())
        .grants("My Audiences")
        .join("\n");
    assert!(
        grants.contains("grant usage on warehouse wh to role segc;"),
        "{grants}"
    );
    assert!(
        grants.contains(
            "grant usage, create table, create view on schema shop.\"My Audiences\" to role segc;"
        ),
        "{grants}"
    );
    assert!(!grants.contains("all privileges"), "{grants}");
}

/// A target that names this account, for the program.
fn target(account: &Account) -> String {
    let port = account
        .server
        .url("")
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    format!(
        "{{type: snowflake, account: myorg-shop, warehouse: WH, database: SHOP, role: SEGC, host: 127.0.0.1, port: {port}, \
         protocol: http, authenticator: programmatic_access_token, token: \"{{{{ env_var('SEGC_ENV_SECRET_TOKEN') }}}}\"}}"
    )
}

fn with_token(place: &Place, args: &[&str], token: &str) -> Ran {
    let mut command = place.command(args);
    place.finish(command.env("SEGC_ENV_SECRET_TOKEN", token))
}

#[test]
fn debug_tells_what_it_finds_and_no_secret() {
    let account = Account::new(Manner::default(), in_order, never);
    let place = Place::with(SEGMENTS);
    let settings = format!(
        "name: shop\ntargets:\n  dev: {{type: duckdb}}\n  prod: {}\ndefault_target: dev\n",
        target(&account)
    );
    place.write("segc.yml", settings);
    let ran = with_token(&place, &["debug", "-t", "prod"], "pat-good");
    assert_eq!(ran.code, Some(0), "{ran}");
    for line in [
        "target      prod (snowflake)",
        "account     myorg-shop",
        "login       programmatic access token",
        "connection  fine, Snowflake 9.99 as SEGC_BUILD",
        "rights      CREATE TABLE, CREATE VIEW",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {ran}");
    }
    assert!(!ran.stdout.contains("grant usage"), "{ran}");
    let ran = with_token(&place, &["debug", "-t", "prod"], "pat-of-nobody");
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr.contains("error[S0421]") && ran.stderr.contains("does not let this user in"),
        "{ran}"
    );
    assert!(
        ran.stdout
            .contains("grant usage on warehouse wh to role segc;"),
        "{ran}"
    );
    assert!(!format!("{ran}").contains("pat-of-nobody"), "{ran}");
    // What only another target needs need not be there.
    let ran = place.run(&["debug"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let ran = place.run(&["debug", "-t", "prod"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr
            .contains("error[S0116]: the environment variable `SEGC_ENV_SECRET_TOKEN`"),
        "{ran}"
    );
}

/// A project whose target is this account.
fn shop_of(account: &Account, specs: &str) -> Place {
    let place = Place::empty();
    let settings = format!("name: shop\ntargets:\n  prod: {}\n", target(account));
    place.write("segc.yml", settings);
    place.write("segments/s.yml", specs);
    place
}

/// What an account has, a column each: of which of the tables asked for, name, type.
fn columns(found: &[(&str, &str, &str)]) -> Outcome {
    let number = json!({"type": "fixed", "scale": 0});
    let names = [
        ("N", number.clone()),
        ("COLUMN_NAME", text()),
        ("DATA_TYPE", text()),
        ("ORDINAL_POSITION", number),
    ];
    let rows = found.iter().map(|(n, name, ty)| row(&[n, name, ty, "1"]));
    Outcome::Rows(names.to_vec(), rows.collect())
}

#[test]
fn columns_are_asked_for_once_and_written_down_for_who_asks_nobody() {
    let account = Account::new(
        Manner::default(),
        |sql: &str| {
            assert!(sql.contains("information_schema.columns"), "{sql}");
            columns(&[
                ("0", "CUSTOMER_ID", "NUMBER(38,0)"),
                ("0", "ORDER", "TEXT"),
                ("0", "profile", "VARIANT"),
                ("0", "TAGS", "ARRAY"),
                ("0", "SHAPE", "GEOGRAPHY"),
                ("1", "CUSTOMER_ID", "NUMBER(38,0)"),
                ("1", "PLACED", "TIMESTAMP_NTZ"),
                ("1", "TOTAL", "NUMBER(12,2)"),
            ])
        },
        never,
    );
    let specs = "entities:
  - name: customer
    table: shop.raw.customers
    key: customer_id
    columns: {tags: array<string>}
    relations: [{name: orders, table: shop.raw.orders, on: customer_id, time: placed}]
segments:
  - name: vip
    where: \"array_contains(tags, 'vip') and json_text(profile, 'plan') = 'gold' and \\\"order\\\" = 'x' and sum(orders.total) > 5\"
";
    let place = shop_of(&account, specs);
    let ran = with_token(&place, &["check"], "pat-good");
    assert_eq!(ran.code, Some(1), "{ran}");
    assert_eq!(account.executed().len(), 0, "a check asks nobody");
    let ran = with_token(&place, &["pull-schema", "--check"], "pat-good");
    assert_eq!(ran.code, Some(1), "{ran}");
    let ran = with_token(&place, &["pull-schema"], "pat-good");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr
            .contains("wrote segc.lock.yml: 2 sources with 7 columns"),
        "{ran}"
    );
    assert_eq!(
        std::fs::read_to_string(place.path().join("segc.lock.yml"))
            .expect("the file")
            .lines()
            .skip(2)
            .collect::<Vec<_>>()
            .join("\n"),
        "tables:
  \"shop.raw.customers\":
    \"CUSTOMER_ID\": int
    \"ORDER\": string
    \"profile\": json
    \"TAGS\": array
  \"shop.raw.orders\":
    \"CUSTOMER_ID\": int
    \"PLACED\": datetime
    \"TOTAL\": decimal(12,2)"
    );
    let asked = |account: &Account| {
        (account.executed().iter())
            .filter(|sql| sql.starts_with("select"))
            .count()
    };
    assert_eq!(asked(&account), 2, "{:?}", account.executed());
    for command in [
        &["check"][..],
        &["check", "--offline"],
        &["compile", "--offline"],
    ] {
        let ran = with_token(&place, command, "pat-good");
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    let ran = with_token(&place, &["pull-schema", "--check"], "pat-good");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(asked(&account), 3, "whoever checks asks nobody");
    // Who declares a column that the file has not yet is believed.
    place.write(
        "segments/s.yml",
        specs.replace("{tags:", "{born: date, tags:"),
    );
    let ran = with_token(&place, &["check"], "pat-good");
    assert_eq!(ran.code, Some(0), "{ran}");
    // What nobody wrote is refused where it stands.
    place.write(
        "segc.lock.yml",
        "tables:\n  shop.raw.customers: {CUSTOMER_ID: number}\n",
    );
    let ran = with_token(&place, &["check"], "pat-good");
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr.contains("segc.lock.yml:2:37") && ran.stderr.contains("`segc pull-schema`"),
        "{ran}"
    );
}

#[test]
fn all_statements_read_tables_as_of_one_instant_by_the_warehouses_clock() {
    // Its clock goes on.
    let asked = AtomicU64::new(1_795_348_800);
    let account = Account::new(
        Manner::default(),
        move |sql: &str| {
            let number = json!({"type": "fixed", "scale": 0});
            if sql.contains("information_schema.tables") && sql.contains("retention_time > 0") {
                // The second is a view.
                let clock = json!({"type": "timestamp_ltz", "scale": 9});
                let now = asked.fetch_add(60, Ordering::Relaxed);
                let row = row(&["0", &format!("{now}.123456000")]);
                return Outcome::Rows(vec![("N", number), ("CLOCK", clock)], vec![row]);
            }
            if sql.contains("'RAW'") && sql.contains("information_schema.columns") {
                return columns(&[
                    ("0", "CUSTOMER_ID", "NUMBER(38,0)"),
                    ("1", "CUSTOMER_ID", "NUMBER(38,0)"),
                ]);
            }
            if sql.contains("information_schema") || sql.contains("segc_state") {
                return Outcome::Rows(vec![("N", number)], Vec::new());
            }
            if sql.starts_with("CREATE") {
                return Outcome::Done;
            }
            Outcome::Failed("100035", "22007", "no further")
        },
        never,
    );
    let specs = "entities:\n  - name: customer\n    table: shop.raw.customers\n    key: customer_id\n    relations: [{name: orders, table: shop.raw.orders, on: customer_id}]\nsegments: [{name: some, where: count(orders) > 0}]\n";
    let place = shop_of(&account, specs);
    place.write("before/segc.yml", "name: shop\n");
    place.write("before/segments/s.yml", specs.replace("> 0", "> 1"));
    // The account says no more than which tables there are. Both definitions are asked of the same rows.
    let ran = with_token(&place, &["plan", "-q", "--state", "before"], "pat-good");
    assert_eq!(ran.code, Some(1), "{ran}");
    let asked = account.executed();
    let of = |table: &str| {
        asked
            .iter()
            .filter(|sql| sql.contains(&format!("from {table}")))
            .cloned()
            .collect::<Vec<_>>()
    };
    let still = "(select * from shop.raw.customers at(timestamp => cast('2026-11-22T12:00:00.123456+00:00' as timestamp_tz)))";
    let customers = of("shop.raw.customers");
    assert!(
        !customers.is_empty() && customers.iter().all(|sql| sql.contains(still)),
        "{asked:?}"
    );
    assert!(
        !asked.iter().any(|sql| sql.contains("shop.raw.orders at(")),
        "{asked:?}"
    );
}

#[test]
fn a_table_that_no_list_has_is_named_where_it_is_written() {
    let account = Account::new(
        Manner::default(),
        |sql: &str| {
            if sql.contains("information_schema.columns") {
                return columns(&[("0", "CUSTOMER_ID", "NUMBER(38,0)")]);
            }
            assert!(
                sql.starts_with("select * from (") && sql.ends_with("limit 0"),
                "{sql}"
            );
            Outcome::Failed(
                "002003",
                "42S02",
                "SQL compilation error: Object 'SHOP.RAW.ORDERZ' does not exist or not authorized.",
            )
        },
        never,
    );
    let specs = "entities:\n  - name: customer\n    table: shop.raw.customers\n    key: customer_id\n    relations: [{name: orders, table: shop.raw.orderz, on: customer_id}]\nsegments: [{name: some, where: count(orders) > 0}]\n";
    let place = shop_of(&account, specs);
    let ran = with_token(&place, &["pull-schema"], "pat-good");
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr.contains("error[S0611]") && ran.stderr.contains("segments/s.yml:5:39"),
        "{ran}"
    );
    assert!(!place.path().join("segc.lock.yml").exists());
}

#[test]
fn an_account_has_an_address() {
    let account = Account::new(Manner::default(), in_order, never);
    let mut options = account.options();
    for (host, account, place) in [
        (
            None,
            "MyOrg-My_Account",
            "http://myorg-my-account.snowflakecomputing.com",
        ),
        (
            None,
            "xy1.cn-northwest-1.aws",
            "http://xy1.cn-northwest-1.aws.snowflakecomputing.cn",
        ),
        (Some("h"), "a", "http://h"),
    ] {
        options.host = host.map(str::to_owned);
        options.account = account.to_owned();
        options.port = None;
        assert_eq!(Remote::Snowflake(options.clone()).place(), place);
    }
}
