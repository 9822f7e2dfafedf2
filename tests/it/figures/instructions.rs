//! The instructions that `segc compile` takes for 1,000 segments, against a committed figure: `.ci/run` asks, and whoever has
//! valgrind can (`cargo test --test it figures::instructions -- --ignored`).

use std::process::Command;

/// Of the dev profile, which CI has built anyway; in millions. Whoever makes compiling dearer or cheaper by more than a
/// twentieth writes the new figure here.
const MILLIONS: u64 = 4628;

#[test]
#[ignore = "needs valgrind; .ci/run runs it"]
fn compiling_takes_as_many_instructions_as_it_did() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    super::many::write(folder.path(), 1000);
    let ran = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(env!("CARGO_BIN_EXE_segc"))
        .args(["compile", "--dialect", "duckdb", "--project-dir"])
        .arg(folder.path())
        .output()
        .expect("valgrind is installed");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    // ==123== I   refs:      5,247,558,601
    let line = said.lines().rev().find(|line| line.contains("refs:"));
    let (_, count) = line.and_then(|l| l.rsplit_once(' ')).expect("a count");
    let found: u64 = count.replace(',', "").parse().expect("a number");
    let found = found / 1_000_000;
    assert!(
        found.abs_diff(MILLIONS) * 20 <= MILLIONS,
        "{found} million instructions, not {MILLIONS}: mend it, or write the new figure into tests/it/figures/instructions.rs"
    );
}
