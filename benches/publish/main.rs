//! What it costs to publish: `cargo bench --profile dev --bench publish [-- --people 1000000 --changed 1 --memory 4GB --dir FOLDER
//! --library 300]`.
//!
//! Three builds: the first, one after some per cent of the people have other orders and plans, and one with nothing changed. Twenty
//! segments over people and ten orders of each, half of the people in a segment, are the worst case: nothing is as cheap to compute.
//! `--library` takes so many segments of the benchmark `fused` and its shop instead: conditions as people write them. Each build runs in a
//! process of its own. Prints the CPU and wall seconds of every kind of stage, and what a build takes for each second of computing:
//! `compute` and `stage members`, that is the query of the entity and (segment, key) rows of it.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a benchmark is a program of its own, with files, a clock and a terminal"
)]

#[path = "../fused/compile.rs"]
#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod compile;
#[path = "../fused/data.rs"]
mod data;
#[path = "../fused/events.rs"]
mod events;
#[path = "../fused/items.rs"]
mod items;
#[path = "../measure.rs"]
mod measure;
#[path = "../fused/orders.rs"]
mod orders;
#[path = "../fused/others.rs"]
mod others;
#[path = "../fused/project.rs"]
mod project;
#[path = "../fused/segments.rs"]
#[allow(dead_code, reason = "nothing naive is run here")]
mod segments;
#[path = "../fused/words.rs"]
mod words;

use duckdb::Connection;
use segc::build::run::{Ended, Progress, Request, publish};
use segc::build::{Kind, Policy, Stage};
use segc::diag::Diagnostics;
use segc::engine::duckdb::{DuckDb, Options};
use segc::engine::{Engine, EngineError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

fn main() {
    let people: u64 = number("--people", 1_000_000);
    let changed: u64 = number("--changed", 1);
    let memory = measure::option("--memory").unwrap_or_else(|| "4GB".to_owned());
    let temporary = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = measure::option("--dir").map_or_else(
        || temporary.path().to_path_buf(),
        |dir| fs::canonicalize(dir).expect("--dir names an existing folder"),
    );
    if measure::option("--day").is_some() {
        return build(&folder, number("--day", 0), &memory);
    }
    let library = number("--library", 0);
    if library > 0 {
        let _ = fs::remove_dir_all(folder.join("segments"));
        let _ = fs::remove_file(folder.join("shop.duckdb"));
        let made = segments::segments(usize::try_from(library).expect("some hundreds"));
        project::write(&folder, &made);
        let scale = number("--people", 1_000_000) as f64 / 1e6;
        data::generate(&folder.join("shop.duckdb"), scale, 7).expect("the data can be made");
        println!(
            "{people} people of the shop, {} segments, 2 threads, memory_limit {memory}\n",
            made.len()
        );
    } else {
        write_project(&folder);
        generate(&folder, people).expect("the data can be made");
        println!(
            "{people} people, {} orders, {} segments, 2 threads, memory_limit {memory}\n",
            people * 10,
            SEGMENTS.len()
        );
    }
    for (day, words) in [(1, "first build"), (2, "changed"), (3, "unchanged")] {
        if day == 2 {
            let changes = if library > 0 { SHOP_CHANGES } else { CHANGES };
            change(&folder, changes, people, changed).expect("the data can be changed");
        }
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.args(["--day", &day.to_string(), "--memory", &memory, "--dir"]);
        let usage = measure::run(command.arg(&folder));
        assert!(usage.status.success(), "{words}: {}", usage.status);
        println!(
            "{words}: {:.2} CPU s, {:.2} wall s, peak {} MiB in all\n",
            usage.cpu,
            usage.wall,
            usage.peak / 1024
        );
    }
}

fn number(name: &str, default: u64) -> u64 {
    measure::option(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} takes a number, not {text}"))
    })
}

/// Name and condition: about half of the people are in each.
const SEGMENTS: &[(&str, &str)] = &[
    ("free", "plan in ('free', 'trial')"),
    ("paying", "plan not in ('free', 'trial')"),
    ("young", "age < 40"),
    ("grown", "age >= 40"),
    ("north", "region < 5"),
    ("south", "region >= 5"),
    ("young_payers", "age < 60 and plan <> 'free'"),
    ("not_north_or_young", "region >= 5 or age < 30"),
    (
        "buyers_30",
        "{count: orders, where: status = 'paid', within: 30 days, is: '>= 1'}",
    ),
    (
        "no_buyers_30",
        "{count: orders, where: status = 'paid', within: 30 days, is: '= 0'}",
    ),
    (
        "buyers_90",
        "{count: orders, where: status = 'paid', within: 90 days, is: '>= 2'}",
    ),
    (
        "no_buyers_90",
        "{count: orders, where: status = 'paid', within: 90 days, is: '< 2'}",
    ),
    ("big", "{sum: orders.amount, is: '>= 500'}"),
    ("small", "{sum: orders.amount, is: '< 500'}"),
    (
        "big_half_year",
        "{sum: orders.amount, within: 180 days, is: '>= 250'}",
    ),
    (
        "small_half_year",
        "{sum: orders.amount, within: 180 days, is: '< 250'}",
    ),
    (
        "cancels",
        "{count: orders, where: status = 'cancelled', is: '>= 5'}",
    ),
    (
        "seldom_cancels",
        "{count: orders, where: status = 'cancelled', is: '< 5'}",
    ),
    (
        "young_and_big",
        "{any: [age < 30, {sum: orders.amount, is: '>= 600'}]}",
    ),
    (
        "old_and_small",
        "{none: [age < 30, {sum: orders.amount, is: '>= 600'}]}",
    ),
];

fn write_project(folder: &Path) {
    let segments = folder.join("segments");
    let _ = fs::remove_dir_all(&segments);
    fs::create_dir(&segments).expect("the project's folder can be made");
    let mut text = String::from("segments:\n");
    for (name, condition) in SEGMENTS {
        writeln!(text, "  - name: {name}\n    where: {condition}").expect("memory");
    }
    fs::write(folder.join("segc.yml"), SETTINGS).expect("segc.yml can be written");
    fs::write(segments.join("entities.yml"), ENTITIES).expect("the entities can be written");
    fs::write(segments.join("segments.yml"), text).expect("the segments can be written");
}

const SETTINGS: &str = "name: shop
version: 1
time_zone: UTC
as_of: 2026-01-01
targets:
  dev: {type: duckdb, path: shop.duckdb}
";

const ENTITIES: &str = "entities:
  - name: customer
    table: main.customers
    key: customer_id
    columns: {customer_id: int, plan: string, age: int, region: int}
    relations:
      - name: orders
        table: main.orders
        on: customer_id
        key: order_id
        time: ordered_at
        columns: {order_id: int, customer_id: int, ordered_at: datetime, status: string, amount: 'decimal(12,2)'}
traits:
  - {name: revenue, sum: orders.amount}
  - {name: order_count, count: orders}
";

/// The same rows every time: each draw is a hash of what it is for.
fn generate(folder: &Path, people: u64) -> duckdb::Result<()> {
    let file = folder.join("shop.duckdb");
    let _ = fs::remove_file(&file);
    let con = Connection::open(file)?;
    con.execute_batch(&format!(
        "SET threads = 2;
         CREATE MACRO draw(i, k, n) AS (hash(i * 64 + k) % n)::INT;
         CREATE TABLE customers AS
           SELECT i AS customer_id, ['free', 'trial', 'basic', 'pro'][1 + draw(i, 1, 4)] AS plan,
             18 + draw(i, 2, 44) AS age, draw(i, 3, 10) AS region
           FROM range(1, {people} + 1) AS t(i);
         CREATE TABLE orders AS
           SELECT i AS order_id, 1 + hash(i * 64 + 4) % {people} AS customer_id,
             TIMESTAMP '2025-12-31 23:00:00' - to_seconds((draw(i, 5, 31536000) * (draw(i, 6, 100) / 100.0))::BIGINT) AS ordered_at,
             ['paid', 'cancelled'][1 + draw(i, 7, 2)] AS status, (draw(i, 8, 10000) / 100.0)::DECIMAL(12, 2) AS amount
           FROM range({people} * 10) AS t(i);
         CHECKPOINT"
    ))
}

/// Some per cent of the people are somebody else: their own row and their orders.
const CHANGES: &str = "
    UPDATE customers SET plan = ['free', 'trial', 'basic', 'pro'][1 + draw(customer_id, 11, 4)],
      age = 18 + draw(customer_id, 12, 44), region = draw(customer_id, 13, 10)
    WHERE draw(customer_id, 10, 100) < 2 * PERCENT;
    UPDATE orders SET customer_id = 1 + hash(order_id * 64 + 14) % PEOPLE WHERE draw(order_id, 15, 1000) < PERCENT;";

/// In the shop they also look at other things.
const SHOP_CHANGES: &str = "
    CREATE OR REPLACE MACRO draw(i, k, n) AS (hash(i * 64 + k) % n)::INT;
    UPDATE customers SET plan = ['free', 'basic', 'pro', 'enterprise'][1 + draw(customer_id, 11, 4)],
      country = ['US', 'GB', 'DE', 'FR'][1 + draw(customer_id, 12, 4)]
    WHERE draw(customer_id, 10, 100) < PERCENT;
    UPDATE orders SET customer_id = 1 + hash(order_id * 64 + 14) % PEOPLE WHERE draw(order_id, 15, 500) < PERCENT;
    UPDATE events SET customer_id = 1 + hash(event_id * 64 + 16) % PEOPLE WHERE draw(event_id, 17, 500) < PERCENT;";

fn change(folder: &Path, changes: &str, people: u64, percent: u64) -> duckdb::Result<()> {
    let con = Connection::open(folder.join("shop.duckdb"))?;
    let changes = changes
        .replace("PEOPLE", &people.to_string())
        .replace("PERCENT", &percent.to_string());
    con.execute_batch(&format!("SET threads = 2; {changes} CHECKPOINT"))
}

/// What each stage used.
#[derive(Default)]
struct Meter {
    started: RefCell<f64>,
    kinds: RefCell<BTreeMap<usize, Used>>,
}

struct Used {
    words: String,
    cpu: f64,
    wall: f64,
}

impl Progress for Meter {
    fn started(&self, _: &Stage) {
        *self.started.borrow_mut() = measure::own_cpu();
    }

    fn finished(&self, stage: &Stage, elapsed: Duration) {
        let cpu = measure::own_cpu() - *self.started.borrow();
        let mut words = stage.kind.words().to_owned();
        if let Kind::Assert(what) = &stage.kind {
            words = format!("{words}: {}", what.words());
        }
        let mut kinds = self.kinds.borrow_mut();
        let known = kinds.values_mut().find(|used| used.words == words);
        if let Some(used) = known {
            used.cpu += cpu;
            used.wall += elapsed.as_secs_f64();
            return;
        }
        let next = kinds.len();
        let wall = elapsed.as_secs_f64();
        kinds.insert(next, Used { words, cpu, wall });
    }
}

fn midnight(day: u64) -> jiff::Timestamp {
    let text = format!("2026-01-{day:02}T00:00:00Z");
    text.parse().expect("a date")
}

/// The build of a day in January, with what it used.
fn build(folder: &Path, day: u64, memory: &str) {
    let options = Options {
        path: Some(folder.join("shop.duckdb")),
        threads: Some(2),
        memory_limit: Some(memory.to_owned()),
        ..Options::default()
    };
    // One instant for all: what changes is the data, not the time.
    let mut model = compile::model(folder, Some(midnight(1)));
    let compiled = compile::compiled(&model);
    model.as_of = midnight(day);
    let policy = Policy {
        schema: "segments".to_owned(),
        prefix: String::new(),
        history: true,
        wide: false,
        run_id: format!("run{day}"),
        target: "dev".to_owned(),
        as_of: model.as_of,
        started_at: midnight(20),
        segc_version: "0".to_owned(),
        git_sha: None,
        selection_text: None,
        selection: compile::everything(&model),
        whole: true,
        backfill: false,
        guards: segc::spec::Guards {
            allow_broad: true,
            ..segc::spec::Guards::default()
        },
        accepted: BTreeMap::new(),
    };
    let request = Request {
        model: &model,
        queries: &compiled.queries,
        checks: &compiled.checks,
        policy: &policy,
        dialect: segc::dialect::find("duckdb").expect("the embedded engine has a dialect"),
    };
    let db = DuckDb::open(&options).expect("the data are there");
    let mut connect = || -> Result<Box<dyn Engine>, EngineError> { Ok(Box::new(db.another()?)) };
    let meter = Meter::default();
    let mut diags = Diagnostics::default();
    let outcome = publish(request, &mut connect, &meter, &|| midnight(21), &mut diags)
        .expect("the data can be read");
    assert_eq!(outcome.ended, Ended::Published { epoch: day }, "{diags:?}");
    let sum = |of: fn(&segc::build::read::SegmentCounts) -> u64| -> u64 {
        outcome.segments.iter().map(of).sum()
    };
    println!(
        "{} memberships, {} entered, {} exited\n",
        sum(|s| s.members),
        sum(|s| s.entered),
        sum(|s| s.exited)
    );
    print(&meter.kinds.borrow());
}

fn print(kinds: &BTreeMap<usize, Used>) {
    println!("| stage | CPU s | wall s |\n|---|---|---|");
    let (mut all, mut computing) = ((0.0, 0.0), (0.0, 0.0));
    for used in kinds.values() {
        println!("| {} | {:.2} | {:.2} |", used.words, used.cpu, used.wall);
        all = (all.0 + used.cpu, all.1 + used.wall);
        if ["compute", "stage members"].contains(&used.words.as_str()) {
            computing = (computing.0 + used.cpu, computing.1 + used.wall);
        }
    }
    println!("| all | {:.2} | {:.2} |", all.0, all.1);
    println!("| computing | {:.2} | {:.2} |", computing.0, computing.1);
    println!(
        "| all to computing | {:.2} | {:.2} |\n",
        all.0 / computing.0,
        all.1 / computing.1
    );
}
