//! What checking, compiling and testing costs: `cargo bench --bench compile [-- --segments 1000,10000] [--tests 500]`.
//!
//! Writes a project of N mixed segments (every third refers to another one), then runs the binary's `check` and
//! `compile` over it as a user would, offline: every column is declared. Prints CPU, wall and peak memory per run and per segment.
//! Where the engine is built in, `segc test` over 100 segments with N tests follows.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "a benchmark is a program of its own, with files, a clock and a terminal"
)]

#[path = "../measure.rs"]
mod measure;
mod project;
mod tests;

use std::path::Path;
use std::process::{Command, Stdio};

const RUNS: u32 = 5;

fn main() {
    let sizes = measure::option("--segments").unwrap_or_else(|| "1000,10000".to_owned());
    println!("| items | command | CPU s | wall s | peak MiB | CPU µs per item |");
    println!("|---|---|---|---|---|---|");
    for size in sizes.split(',') {
        let n: usize = size.trim().parse().expect("--segments takes numbers");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        project::write(folder.path(), n);
        report(folder.path(), n, &["check"]);
        let all = "duckdb,bigquery,snowflake";
        for dialect in all.split(',').chain([all]) {
            report(folder.path(), n, &["compile", "--dialect", dialect]);
        }
    }
    if cfg!(feature = "duckdb-linked") {
        let tests = measure::option("--tests").unwrap_or_else(|| "500".to_owned());
        let n: usize = tests.parse().expect("--tests takes a number");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        tests::write_project(folder.path(), n);
        report(folder.path(), n, &["test"]);
    }
    let mut version = Command::new(env!("CARGO_BIN_EXE_segc"));
    version.arg("--version").stdout(Stdio::null());
    let usage = measure::run(&mut version);
    println!("\nsegc --version: {:.0} ms", usage.wall * 1000.0);
}

fn report(folder: &Path, n: usize, command: &[&str]) {
    let (mut cpu, mut wall, mut peak, mut refused) = (0.0, f64::MAX, 0, false);
    for _ in 0..RUNS {
        let mut segc = Command::new(env!("CARGO_BIN_EXE_segc"));
        segc.args(command)
            .arg("--project-dir")
            .arg(folder)
            .stdout(Stdio::null())
            // A thousand segments without a description are a thousand warnings.
            .stderr(Stdio::null());
        let usage = measure::run(&mut segc);
        // A warehouse that takes less SQL than so many segments are refuses them: that is an answer too.
        refused = usage.status.code() == Some(1);
        assert!(
            refused || usage.status.success(),
            "segc {command:?}: {}",
            usage.status
        );
        cpu += usage.cpu / f64::from(RUNS);
        wall = usage.wall.min(wall);
        peak = usage.peak.max(peak);
    }
    let outcome = if refused { ": refused" } else { "" };
    let command = command.join(" ");
    let each = cpu * 1e6 / f64::from(u32::try_from(n).expect("a number of segments fits"));
    println!(
        "| {n} | {command}{outcome} | {cpu:.3} | {wall:.3} | {} | {each:.0} |",
        peak / 1024
    );
}
