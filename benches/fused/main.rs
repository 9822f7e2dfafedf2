//! Naive against fused: `cargo bench --bench fused [-- --scale 0.25 --seed 7 --segments 100,300 --memory 2GB --dir FOLDER
//! --shapes naive,fused,build,limit --runs 3 --markdown docs/performance.md]`.
//!
//! Naive is one self-contained query per segment, as an analyst writes it; fused is what `segc build` stages, one query for
//! all, and the memberships; both write (segment, key) rows, and every segment's members must be equal. `build` is the whole of
//! `segc build`: compiling, checks, traits, history and publication included. `limit` reads the columns needed of each
//! source and counts its rows by key: nobody can do less. Each runs in a process of its own over a copy of the same database.
//! Prints CPU, wall and peak memory of each, and the ratios; of several `--runs`, taken by turns,
//! the cheapest. `--dir` keeps the data for the next run, `--markdown` writes the
//! table between the marks of a page. `--export 300` measures nothing and leaves data, project and naive queries in the folder,
//! which `benches/peers/run` gives to dbt.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a benchmark is a program of its own, with files, a clock and a terminal"
)]

mod compile;
mod data;
mod events;
mod items;
#[path = "../measure.rs"]
mod measure;
mod orders;
mod others;
mod project;
mod segments;
mod words;

use duckdb::Connection;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    let scale: f64 = number("--scale", 0.05);
    let seed: u64 = number("--seed", 7);
    let memory = measure::option("--memory").unwrap_or_else(|| "2GB".to_owned());
    let temporary = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = measure::option("--dir").map_or_else(
        || temporary.path().to_path_buf(),
        |dir| fs::canonicalize(dir).expect("--dir names an existing folder"),
    );
    if let Some(phase) = measure::option("--phase") {
        let n: usize = number("--n", 0);
        let work = folder.join(format!("segments_{n}"));
        match phase.as_str() {
            "naive" => naive(&work, n, &memory),
            "fused" => fused(&work, &memory),
            "limit" => limit(&work, &memory),
            other => panic!("no phase {other}"),
        }
        .expect("the phase's SQL runs");
        return;
    }

    let shop = folder.join(format!("shop_{scale}_{seed}.duckdb"));
    if !shop.exists() {
        let unfinished = shop.with_extension("unfinished");
        let _ = fs::remove_file(&unfinished);
        data::generate(&unfinished, scale, seed).expect("the data can be made");
        fs::rename(&unfinished, &shop).expect("the data can be named");
    }
    if let Some(n) = measure::option("--export") {
        let n: usize = n.parse().expect("--export takes a number");
        export(&folder, &shop, n);
        return;
    }
    let shapes =
        measure::option("--shapes").unwrap_or_else(|| "naive,fused,build,limit".to_owned());
    let shapes: Vec<&str> = shapes.split(',').map(str::trim).collect();
    let runs: usize = number("--runs", 1);
    let of = match runs {
        1 => String::new(),
        n => format!(", the cheapest of {n} runs by turns"),
    };
    let mut table = format!(
        "Scale {scale}, seed {seed}, 2 threads, `memory_limit` {memory}{of}.\n\n\
         | segments | shape | CPU s | wall s | peak MiB | CPU, naive to this |\n|---|---|---|---|---|---|\n"
    );
    for n in measure::option("--segments")
        .unwrap_or_else(|| "100,300".to_owned())
        .split(',')
    {
        let n: usize = n.trim().parse().expect("--segments takes numbers");
        let asked = Asked {
            folder: &folder,
            shop: &shop,
            scale,
            seed,
            memory: &memory,
            shapes: &shapes,
            runs,
        };
        table.push_str(&asked.compare(n));
    }
    println!("{table}");
    if let Some(page) = measure::option("--markdown") {
        let text = fs::read_to_string(&page).expect("the page can be read");
        let (before, rest) = text.split_once(BEGIN).expect("the page has a mark");
        let (_, after) = rest.split_once(END).expect("the page has a second mark");
        let text = format!("{before}{BEGIN}\n{table}{END}{after}");
        fs::write(&page, text).expect("the page can be written");
    }
}

/// Leaves a copy of the data, the project and a file per naive query, for other programs to be measured with.
fn export(folder: &Path, shop: &Path, n: usize) {
    let work = folder.join(format!("segments_{n}"));
    let queries = work.join("naive");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&queries).expect("the folders can be made");
    fs::copy(shop, work.join("shop.duckdb")).expect("the data can be copied");
    let made = segments::segments(n);
    project::write(&work, &made);
    for segment in &made {
        let file = queries.join(format!("{}.sql", segment.name));
        fs::write(file, &segment.naive).expect("a query can be written");
    }
    println!("{}", work.display());
}

/// Where the table stands in a page.
const BEGIN: &str = "<!-- benches/fused -->";
const END: &str = "<!-- end -->";

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    measure::option(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} takes a number, not {text}"))
    })
}

/// What is measured.
struct Asked<'a> {
    folder: &'a Path,
    shop: &'a Path,
    scale: f64,
    seed: u64,
    memory: &'a str,
    shapes: &'a [&'a str],
    runs: usize,
}

/// CPU and wall seconds, and the most memory in MiB.
fn figures(usage: &measure::Usage) -> String {
    let (cpu, wall, peak) = (usage.cpu, usage.wall, usage.peak / 1024);
    format!("{cpu:.2} | {wall:.2} | {peak}")
}

impl Asked<'_> {
    /// The rows of the table for so many segments: of each shape the cheapest run.
    fn compare(&self, n: usize) -> String {
        let mut best = self.run(n);
        for _ in 1..self.runs {
            for (best, again) in best.iter_mut().zip(self.run(n)) {
                if again.cpu < best.cpu {
                    *best = again;
                }
            }
        }
        let naive = self.shapes.iter().position(|shape| *shape == "naive");
        let naive = naive.and_then(|at| best.get(at)).map(|usage| usage.cpu);
        let rows = self.shapes.iter().zip(&best).map(|(shape, usage)| {
            let ratio = naive.map_or_else(String::new, |naive| format!("{:.2}", naive / usage.cpu));
            format!("| {n} | {shape} | {} | {ratio} |\n", figures(usage))
        });
        rows.collect()
    }

    /// Every shape once, by turns, over a new copy of the data.
    fn run(&self, n: usize) -> Vec<measure::Usage> {
        let work = self.folder.join(format!("segments_{n}"));
        let _ = fs::remove_dir_all(&work);
        fs::create_dir(&work).expect("the work folder can be made");
        fs::copy(self.shop, work.join("shop.duckdb")).expect("the data can be copied");
        let made = segments::segments(n);
        project::write(&work, &made);
        let used = self.shapes.iter().map(|shape| {
            let usage = match *shape {
                "build" => {
                    let mut build = Command::new(env!("CARGO_BIN_EXE_segc"));
                    build.args(["build", "--quiet", "--project-dir"]).arg(&work);
                    measure::run(build.stdout(Stdio::null()).stderr(Stdio::null()))
                }
                phase => self.phase(phase, n),
            };
            assert!(usage.status.success(), "{shape}: {}", usage.status);
            eprintln!("| {n} | {shape} | {} |", figures(&usage));
            usage
        });
        let used = used.collect();
        if ["naive", "fused", "build"]
            .iter()
            .all(|s| self.shapes.contains(s))
        {
            equal(&work, made.len()).expect("the results can be read");
        }
        fs::remove_dir_all(&work).expect("the work folder can be removed");
        used
    }

    fn phase(&self, name: &str, n: usize) -> measure::Usage {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command
            .args([
                "--phase",
                name,
                "--memory",
                self.memory,
                "--n",
                &n.to_string(),
            ])
            .args([
                "--scale",
                &self.scale.to_string(),
                "--seed",
                &self.seed.to_string(),
            ])
            .arg("--dir")
            .arg(self.folder);
        measure::run(&mut command)
    }
}

/// Every segment has the same members in all three; says which have not.
fn equal(work: &Path, n: usize) -> duckdb::Result<()> {
    let con = Connection::open(work.join("shop.duckdb"))?;
    con.execute_batch(
        "CREATE TEMP VIEW built AS SELECT segment, entity_key AS customer_id FROM segments.customer_members",
    )?;
    for ours in ["bench.fused", "built"] {
        let mut statement = con.prepare(&format!(
            "SELECT segment || ': ' || count(*) FILTER (side = 'naive') || ' only naive, ' || count(*) FILTER (side = 'ours') || ' only ours'
             FROM (SELECT segment, 'naive' AS side FROM (FROM bench.naive EXCEPT ALL FROM {ours})
                   UNION ALL SELECT segment, 'ours' FROM (FROM {ours} EXCEPT ALL FROM bench.naive))
             GROUP BY segment ORDER BY segment"
        ))?;
        let wrong: Vec<String> = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        assert!(wrong.is_empty(), "{ours} differs:\n{}", wrong.join("\n"));
    }
    let (found, members): (usize, u64) = con.query_row(
        "SELECT count(DISTINCT segment), count(*) FROM bench.naive",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    eprintln!("{n} segments ({found} not empty), {members} members: equal in all three.");
    Ok(())
}

fn open(work: &Path, memory: &str) -> duckdb::Result<Connection> {
    let con = Connection::open(work.join("shop.duckdb"))?;
    con.execute_batch(&format!(
        "SET threads = 2; SET memory_limit = '{memory}'; SET preserve_insertion_order = false;
         CREATE SCHEMA IF NOT EXISTS bench;"
    ))?;
    Ok(con)
}

/// What nobody can do without: reading the columns that are asked about, and a row per key and source.
fn limit(work: &Path, memory: &str) -> duckdb::Result<()> {
    let con = open(work, memory)?;
    for (table, key, columns) in [
        (
            "orders",
            "customer_id",
            "ordered_at, status, channel, amount, coupon, payment_method",
        ),
        (
            "order_items",
            "order_id",
            "product_id, quantity, unit_price",
        ),
        (
            "events",
            "customer_id",
            "occurred_at, event_type, product_id, device, utm_source",
        ),
    ] {
        let read: Vec<String> = columns.split(", ").map(|c| format!("count({c})")).collect();
        con.execute_batch(&format!(
            "CREATE TEMP TABLE limit_{table}_read AS SELECT {} FROM {table};
             CREATE TEMP TABLE limit_{table} AS SELECT {key}, count(*) AS n FROM {table} GROUP BY {key};",
            read.join(", ")
        ))?;
    }
    Ok(())
}

/// One query per segment.
fn naive(work: &Path, n: usize, memory: &str) -> duckdb::Result<()> {
    let con = open(work, memory)?;
    con.execute_batch(
        "CREATE TABLE bench.naive (segment VARCHAR, customer_id BIGINT); BEGIN TRANSACTION;",
    )?;
    for segment in segments::segments(n) {
        con.execute_batch(&format!(
            "INSERT INTO bench.naive SELECT '{}', customer_id FROM (\n{}\n)",
            segment.name, segment.naive
        ))?;
    }
    con.execute_batch("COMMIT")
}

/// The query that a build stages, and the memberships from it as a build has them. Compiling is part of it.
fn fused(work: &Path, memory: &str) -> duckdb::Result<()> {
    let con = open(work, memory)?;
    for query in compile::queries(work) {
        for statement in &query.prelude {
            con.execute_batch(statement)?;
        }
        con.execute_batch(&format!("CREATE TEMP TABLE stage AS\n{}", query.sql))?;
        let flags = compile::flags(&query);
        let members: Vec<String> = flags
            .iter()
            .map(|(segment, column)| {
                format!("SELECT '{segment}' AS segment, entity_key AS customer_id FROM stage WHERE {column}")
            })
            .collect();
        con.execute_batch(&format!(
            "CREATE TABLE bench.fused AS\n{}",
            members.join("\nUNION ALL\n")
        ))?;
    }
    Ok(())
}
