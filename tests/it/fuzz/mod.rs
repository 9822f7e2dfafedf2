//! Hostile input: every reader of text or bytes that somebody else wrote, fed with mutations of the real inputs of this repository
//! and with noise. None may panic; a refusal is a diagnostic with a place inside of its file, in every format; what is taken
//! goes through everything that comes after it. Each target runs in a process of its own, whose memory and processor time are
//! limited: what takes too much of either is a failure like a panic.
//!
//! A target ([`Target`]) is seeds, words and a check. `SEGC_PROPTEST_CASES` is how many inputs each gets, `SEGC_PROPTEST_SEED` where
//! the seeds begin. What fails is made small and written to `tests/fuzz/<target>/`, from where every run reads it first.

mod engine;
mod mutate;
mod parquet;
mod projects;
mod seeds;
mod sound;
mod texts;

use crate::random::Dice;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the file that tells which input a process is at, and says that it is one of ours.
const CHILD: &str = "SEGC_FUZZ_INPUT";

/// A reader under fire.
struct Target<'a> {
    name: &'a str,
    /// The test that runs it.
    test: &'a str,
    /// How much memory may be addressed, in MiB.
    memory: u64,
    /// Real inputs.
    seeds: &'a [Vec<u8>],
    /// What its grammar is made of.
    words: &'a [&'a str],
    /// Inputs of a run that does not say how many.
    cases: u64,
    /// Panics at what must not be.
    check: &'a dyn Fn(&[u8]),
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(target)
}

impl Target<'_> {
    fn run(&self) {
        match std::env::var_os(CHILD) {
            None => self.run_confined(),
            Some(input) => self.run_here(Path::new(&input)),
        }
    }

    #[expect(
        clippy::print_stdout,
        reason = "how much was tried is the result of a long run"
    )]
    fn run_confined(&self) {
        let dir = tempfile::tempdir().unwrap();
        let input = dir.path().join("input");
        let seconds = 300 + setting("SEGC_PROPTEST_CASES", self.cases) / 5;
        let limits = format!("ulimit -v {} && ulimit -t {seconds}", self.memory << 10);
        let child = Command::new("sh")
            .args(["-c", &format!("{limits} && exec \"$@\""), "sh"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", self.test, "--nocapture", "--test-threads=1"])
            .env(CHILD, &input)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        let told = String::from_utf8_lossy(&child.stderr);
        if !child.status.success() && !said.contains("test result") && input.exists() {
            // It is gone altogether: out of memory, of time, or of its mind.
            std::fs::create_dir_all(folder(self.name)).unwrap();
            std::fs::copy(&input, folder(self.name).join("found_last")).unwrap();
        }
        assert!(
            child.status.success(),
            "{}: {}\n{said}{told}",
            self.name,
            child.status
        );
        assert!(said.contains("1 passed"), "{said}");
        print!(
            "{}",
            said.lines()
                .filter(|l| l.contains("inputs from seed"))
                .map(|l| format!("{l}\n"))
                .collect::<String>()
        );
    }

    #[expect(
        clippy::print_stdout,
        reason = "how much was tried is the result of a long run"
    )]
    fn run_here(&self, at: &Path) {
        for (path, input) in seeds::files(&folder(self.name), &[]) {
            std::fs::write(at, &input).unwrap();
            assert!(self.holds(&input), "{}", path.display());
        }
        // The real ones as they are, in case the check itself is wrong.
        for seed in self.seeds.iter().step_by(1 + self.seeds.len() / 20) {
            assert!(self.holds(seed), "{}", String::from_utf8_lossy(seed));
        }
        let first = setting("SEGC_PROPTEST_SEED", 1);
        let cases = setting("SEGC_PROPTEST_CASES", self.cases);
        let mut found = Vec::new();
        for seed in first..first + cases {
            let input = mutate::input(&mut Dice::new(seed), self.seeds, self.words);
            std::fs::write(at, &input).unwrap();
            if !self.holds(&input) {
                let small = smaller(input, &|input| !self.holds(input));
                let path = folder(self.name).join(format!("found_{seed}"));
                std::fs::create_dir_all(folder(self.name)).unwrap();
                std::fs::write(&path, &small).unwrap();
                found.push(format!(
                    "seed {seed}: {:?}",
                    String::from_utf8_lossy(&small)
                ));
                if found.len() == 2 {
                    break;
                }
            }
        }
        println!("{}: {cases} inputs from seed {first}", self.name);
        assert!(found.is_empty(), "{}\n{}", self.name, found.join("\n"));
    }

    fn holds(&self, input: &[u8]) -> bool {
        catch_unwind(AssertUnwindSafe(|| (self.check)(input))).is_ok()
    }
}

/// Less and less of an input that fails, as long as it fails: pieces of half its size, a quarter, … one byte are left out.
fn smaller(mut input: Vec<u8>, fails: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut tries = 500;
    let mut piece = input.len().div_ceil(2);
    while piece > 0 && tries > 0 {
        let (mut at, mut better) = (0, false);
        while at < input.len() && tries > 0 {
            let mut less = input.clone();
            less.drain(at..(at + piece).min(input.len()));
            tries -= 1;
            if fails(&less) {
                input = less;
                better = true;
            } else {
                at += piece;
            }
        }
        if !better || piece > 1 {
            piece /= 2;
        }
    }
    input
}
