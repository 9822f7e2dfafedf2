//! Naive against fused: `cargo bench --bench fused [-- --scale 0.25 --seed 7 --segments 100,300 --memory 2GB --dir FOLDER]`.
//!
//! Naive is one self-contained query per segment, as an analyst writes it; fused is what `segc build` stages, one query for
//! all. Both run in a process of their own over the same database file and write (segment, key) rows; every segment's members must be
//! equal. `build` is the whole of `segc build`: compiling, checks, traits, history and publication included.
//! Prints CPU, wall and peak memory of each, and the ratios. `--dir` keeps the data for the next run.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
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
    println!("scale {scale}, seed {seed}, 2 threads, memory_limit {memory}\n");
    println!("| segments | shape | CPU s | wall s | peak MiB | CPU, naive to this |");
    println!("|---|---|---|---|---|---|");
    for n in measure::option("--segments")
        .unwrap_or_else(|| "100,300".to_owned())
        .split(',')
    {
        let n: usize = n.trim().parse().expect("--segments takes numbers");
        compare(&folder, &shop, n, scale, seed, &memory);
    }
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    measure::option(name).map_or(default, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} takes a number, not {text}"))
    })
}

fn compare(folder: &Path, shop: &Path, n: usize, scale: f64, seed: u64, memory: &str) {
    let work = folder.join(format!("segments_{n}"));
    let _ = fs::remove_dir_all(&work);
    fs::create_dir(&work).expect("the work folder can be made");
    fs::copy(shop, work.join("shop.duckdb")).expect("the data can be copied");
    let made = segments::segments(n);
    project::write(&work, &made);

    let phase = |name: &str| {
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command
            .args(["--phase", name, "--memory", memory, "--n", &n.to_string()])
            .args(["--scale", &scale.to_string(), "--seed", &seed.to_string()])
            .arg("--dir")
            .arg(folder);
        let usage = measure::run(&mut command);
        assert!(usage.status.success(), "{name}: {}", usage.status);
        usage
    };
    let naive = phase("naive");
    let print = |shape: &str, usage: &measure::Usage| {
        println!(
            "| {} | {shape} | {:.2} | {:.2} | {} | {:.2} |",
            made.len(),
            usage.cpu,
            usage.wall,
            usage.peak / 1024,
            naive.cpu / usage.cpu
        );
    };
    print("naive", &naive);
    print("fused", &phase("fused"));
    let mut build = Command::new(env!("CARGO_BIN_EXE_segc"));
    build
        .args(["build", "--project-dir"])
        .arg(&work)
        .stdout(Stdio::null());
    let usage = measure::run(&mut build);
    assert!(usage.status.success(), "segc build: {}", usage.status);
    print("build", &usage);
    equal(&work, made.len()).expect("the results can be read");
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
    println!("\n{n} segments ({found} not empty), {members} members: equal in all three.\n");
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

/// The query that a build stages, and the memberships from it in one pass. Compiling is part of it.
fn fused(work: &Path, memory: &str) -> duckdb::Result<()> {
    let con = open(work, memory)?;
    for query in compile::queries(work) {
        for statement in &query.prelude {
            con.execute_batch(statement)?;
        }
        con.execute_batch(&format!("CREATE TABLE bench.stage AS\n{}", query.sql))?;
        let flags = compile::flags(&query);
        let pairs: Vec<String> = flags
            .iter()
            .map(|(segment, column)| format!("CASE WHEN {column} THEN '{segment}' END"))
            .collect();
        con.execute_batch(&format!(
            "CREATE TABLE bench.fused AS SELECT segment, customer_id FROM (
               SELECT unnest(list_filter([{}], lambda s: s IS NOT NULL)) AS segment, entity_key AS customer_id FROM bench.stage)",
            pairs.join(", ")
        ))?;
    }
    Ok(())
}
