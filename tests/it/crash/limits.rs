//! A disk that is full, memory that is not enough, a file that somebody else holds or that must not be written: nothing is
//! published, the program says why, the file opens again and the next run ends it.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use super::child::Job;
use super::fault::Fault;
use super::matrix::Bench;
use super::seen::Seen;
use super::task::{self, Task};
use crate::people::{ENTITY, Shop};

const SPEC: &str =
    "segments:\n  - {name: vip, where: vip}\n  - {name: all, where: customer_id > 0}\n";
const CUSTOMERS: &str = "customer_id,vip\n17,true\n18,false\n19,true\n";

fn shop(target: &str) -> Shop {
    let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
    shop.put(
        "segc.yml",
        &format!(
            "name: shop\nversion: 1\ntargets: {{dev: {{type: duckdb, path: shop.duckdb{target}}}}}\nguards: {{allow_empty: true, allow_broad: true}}\n"
        ),
    );
    shop
}

const BUILD: [&str; 4] = ["build", "--no-color", "--as-of", "2026-01-02"];

fn spawn(shop: &Shop, program: &str, args: &[&str]) -> Child {
    Command::new(program)
        .args(args)
        .current_dir(shop.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs")
}

fn end(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8(said).expect("UTF-8"),
    )
}

const SEGC: &str = env!("CARGO_BIN_EXE_segc");

#[test]
fn on_a_disk_that_is_full_sooner_or_later_all_or_nothing_is_published() {
    let (mut there, mut not) = (0, 0);
    for task in [Task::Build, Task::Forget] {
        let bench = Bench::new(task);
        let size = std::fs::metadata(bench.copy("size")).expect("a file").len();
        for (n, bytes) in [1 << 12, 1 << 15, 1 << 17, size, size + (1 << 18), 1 << 24]
            .into_iter()
            .enumerate()
        {
            let file = bench.copy(&format!("full{n}"));
            let mut job = Job::new(task, &file, Fault::None);
            job.file_size = Some(bytes);
            job.checkpoints = n % 2 == 0;
            job.run();
            let ended = std::fs::read_to_string(job.ended()).expect("it has ended");
            assert!(
                !ended.contains("Unknown"),
                "{task:?}, {bytes} bytes: {ended}"
            );
            let at_least = if job.acknowledged().exists() {
                bench.changes.len()
            } else {
                0
            };
            let mut db = task::open(&file).expect("it opens again");
            let seen = Seen::read(&mut db);
            let wrong = bench.wrong(&seen, at_least, bench.changes.len());
            assert!(
                wrong.is_empty(),
                "{task:?}, {bytes} bytes:\n{}",
                wrong.join("\n")
            );
            if seen.runs().len() == bench.changes.len() {
                there += 1;
            } else {
                not += 1;
            }
            drop(db);
            bench.again(&file);
        }
    }
    assert!(there > 0 && not > 0, "{there} published, {not} not");
}

#[test]
fn the_program_says_that_the_disk_is_full() {
    let shop = shop(", threads: 1");
    let customers = |vip: fn(u32) -> bool| {
        let rows = (1..=20_000).map(|id| format!("{id},{}\n", vip(id)));
        format!("customer_id,vip\n{}", rows.collect::<String>())
    };
    let members = || shop.ask("select count(*) || ' ' || sum(customer_id) from segments.seg_vip");
    shop.put("data/customers.csv", &customers(|id| id % 2 == 0));
    shop.built("2026-01-01");
    let before = members();
    shop.put("data/customers.csv", &customers(|id| id % 3 == 0));
    // Units of 512 bytes; who ignores the signal gets an error instead.
    let build = [&BUILD[..], &["--accept", "vip@6666"]].concat();
    let limited = format!(
        "trap '' XFSZ; ulimit -f 64; exec {SEGC} {}",
        build.join(" ")
    );
    let (code, said) = end(spawn(&shop, "sh", &["-c", &limited]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("nothing was published"), "{said}");
    assert!(said.contains("File too large"), "{said}");
    assert_eq!(members(), before);
    let (code, said) = end(spawn(&shop, SEGC, &build));
    assert_eq!(code, Some(0), "{said}");
    assert_ne!(members(), before);
}

#[test]
fn too_little_memory_publishes_nothing() {
    let shop = shop(", threads: 1, memory_limit: 40MB");
    shop.built("2026-01-01");
    shop.put(
        "segments/entity.yml",
        "entities:
  - name: customer
    table: {sql: \"select r.range as customer_id, (select len(list(x.range)) from range(30000000) as x) > 0 as vip from range(3) as r\"}
    key: customer_id
    columns: {customer_id: int, vip: boolean}
",
    );
    let (code, said) = shop.build("2026-01-02");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("Out of Memory"), "{said}");
    assert!(said.contains("nothing was published"), "{said}");
    assert_eq!(
        shop.ask("select epoch::varchar from segments.segc_state"),
        ["1"]
    );
    shop.put("segments/entity.yml", ENTITY);
    shop.built("2026-01-02");
}

#[test]
fn a_file_that_another_process_holds_is_named_with_it_and_waited_for() {
    let shop = shop("");
    shop.built("2026-01-01");
    let held = || duckdb::Connection::open(shop.path().join("shop.duckdb")).expect("it opens");
    let holder = held();
    let (code, said) = shop.build("2026-01-02");
    assert_eq!(code, Some(2), "{said}");
    let pid = format!("PID {}", std::process::id());
    assert!(said.contains("S0421") && said.contains(&pid), "{said}");
    drop(holder);
    shop.put(
        "segc.yml",
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb, lock_timeout: 600}}\n",
    );
    let holder = held();
    let mut child = spawn(&shop, SEGC, &BUILD);
    // Let go of once it waits.
    let sleeps = format!("/proc/{}/wchan", child.id());
    while std::fs::read_to_string(&sleeps).is_ok_and(|at| !at.contains("nanosleep")) {
        assert_eq!(child.try_wait().expect("it can be asked"), None);
        std::thread::yield_now();
    }
    drop(holder);
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("as epoch 2"), "{said}");
}

#[test]
fn of_processes_at_once_one_publishes_and_the_others_find_it_done() {
    let shop = shop(", threads: 1, lock_timeout: 600");
    let children: Vec<Child> = (0..4).map(|_| spawn(&shop, SEGC, &BUILD)).collect();
    let mut published = 0;
    for child in children {
        let (code, said) = end(child);
        assert_eq!(code, Some(0), "{said}");
        if said.contains("as epoch 1") {
            published += 1;
        } else {
            assert!(said.contains("nothing to do"), "{said}");
        }
    }
    assert_eq!(published, 1);
    assert_eq!(
        shop.ask("select epoch::varchar from segments.segc_state"),
        ["1"]
    );
}

#[test]
fn a_file_is_a_database_as_soon_as_it_is_there() {
    for _ in 0..5 {
        let shop = shop(", threads: 1");
        let file = shop.path().join("shop.duckdb");
        let mut child = spawn(&shop, SEGC, &BUILD);
        let bytes = loop {
            match std::fs::read(&file) {
                Ok(bytes) => break bytes,
                Err(_) => assert_eq!(child.try_wait().expect("it can be asked"), None),
            }
        };
        // Three headers of 4096 bytes, the first with the magic: https://duckdb.org/docs/stable/internals/storage
        assert_eq!(bytes.get(8..12), Some(&b"DUCK"[..]));
        assert!(bytes.len() >= 3 * 4096, "{} bytes", bytes.len());
        let (code, said) = end(child);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn what_must_not_be_written_is_not() {
    let shop = shop("");
    shop.built("2026-01-01");
    let file = shop.path().join("shop.duckdb");
    let bytes = std::fs::read(&file).expect("a file");
    let mode = |path: &std::path::Path, mode: u32| {
        let to = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(path, to).expect("its owner may");
    };
    // Root may write everywhere, and nobody else may run what lies in root's own folders.
    let public = tempfile::tempdir().expect("a folder");
    mode(public.path(), 0o755);
    let segc = public.path().join("segc");
    std::fs::copy(SEGC, &segc).expect("a copy");
    for (file_mode, folder_mode) in [(0o444, 0o755), (0o644, 0o555)] {
        mode(&file, file_mode);
        mode(shop.path(), folder_mode);
        let mut command = Command::new(&segc);
        command
            .args(BUILD)
            .args(["--target-path", "/tmp"])
            .current_dir(shop.path());
        if rustix::process::geteuid().is_root() {
            command.uid(65534);
        }
        let output = command.output().expect("segc runs");
        let said = String::from_utf8([output.stdout, output.stderr].concat()).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("S0421"), "{said}");
        assert_eq!(std::fs::read(&file).expect("a file"), bytes);
        mode(shop.path(), 0o755);
        mode(&file, 0o644);
    }
    shop.built("2026-01-02");
}
