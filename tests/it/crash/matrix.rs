//! Every task is killed before every statement, after the last, in the middle of some and of COMMIT, and while the database is closed; it
//! is answered with an error at every statement; another build publishes before any of them. What is published is then all or
//! nothing, and when it is done again, it is what an undisturbed run leaves.

use std::path::{Path, PathBuf};

use super::child::Job;
use super::fault::{Fault, Faults};
use super::scene::Change;
use super::seen::{Seen, differing};
use super::task::{self, RUN, TASKS, Task};
use super::verifier::verify;
use segc::build::run::Ended;
use segc::engine::duckdb::DuckDb;

/// A task with its database, undisturbed.
pub(super) struct Bench {
    pub(super) task: Task,
    folder: tempfile::TempDir,
    pub(super) changes: Vec<Change>,
    /// What is seen before and after.
    before: Vec<String>,
    after: Vec<String>,
    /// The stage of every statement.
    pub(super) trace: Vec<&'static str>,
    /// Bytes of the file afterwards.
    size: u64,
}

impl Bench {
    pub(super) fn new(task: Task) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("base.duckdb");
        let changes = task.prepare(&file);
        let mut bench = Self {
            task,
            folder,
            changes,
            before: Vec::new(),
            after: Vec::new(),
            trace: Vec::new(),
            size: 0,
        };
        let copy = bench.copy("undisturbed");
        let mut db = task::open(&copy).expect("its database");
        bench.before = bench.lines(&Seen::read(&mut db));
        let faults = Faults::none();
        let ended = task.perform(&db, RUN, &faults).expect("a connection");
        let published = |e: &Ended| matches!(e, Ended::Published { .. });
        assert!(
            !ended.is_empty() && ended.iter().all(published),
            "{ended:?}"
        );
        let seen = Seen::read(&mut db);
        let wrong = verify(&seen, &bench.changes, bench.changes.len());
        assert_eq!(wrong, Vec::<String>::new());
        bench.after = bench.lines(&seen);
        assert_ne!(bench.before, bench.after);
        drop(db);
        bench.trace.clone_from(&faults.trace.borrow());
        bench.size = size(&copy);
        bench
    }

    /// A database of its own, as the task finds it.
    pub(super) fn copy(&self, name: &str) -> PathBuf {
        let file = self.folder.path().join(format!("{name}.duckdb"));
        std::fs::copy(self.folder.path().join("base.duckdb"), &file).expect("a copy");
        file
    }

    /// The statement that is the COMMIT, or the last of them.
    pub(super) fn commit(&self) -> u32 {
        let last = self.trace.iter().rposition(|stage| *stage == "commit");
        last.expect("a commit") as u32 + 1
    }

    /// The first statement of a transaction.
    fn begin(&self) -> u32 {
        let first = self.trace.iter().position(|stage| *stage == "begin");
        first.expect("a transaction") as u32 + 1
    }

    /// A repair mends what it was able to examine, and says what it was not; the rest is the next one's.
    fn is_mended_by_the_next(&self, mut db: DuckDb) {
        let ended = self.task.perform(&db, RUN + 10, &Faults::none());
        let fine = |e: &Ended| matches!(e, Ended::Published { .. } | Ended::Unchanged { .. });
        assert!(ended.iter().flatten().all(fine), "{ended:?}");
        let seen = Seen::read(&mut db);
        let mut changes = self.changes.clone();
        if seen.runs().len() > changes.len() {
            changes.extend(changes.last().cloned());
        }
        assert_eq!(verify(&seen, &changes, changes.len()), Vec::<String>::new());
    }

    fn lines(&self, seen: &Seen) -> Vec<String> {
        seen.lines(!self.task.is_noted_again())
    }

    /// What is wrong after a disturbed run that must have published so many runs at least and may have at most.
    pub(super) fn wrong(&self, seen: &Seen, at_least: usize, at_most: usize) -> Vec<String> {
        let (base, lines) = (self.task.base(), self.lines(seen));
        if seen.runs().len() == base && at_least <= base {
            let mut wrong = differing(&lines, &self.before);
            // What was not mended is as it was: what a verifier would say of that is not news.
            if self.task != Task::Repair {
                wrong.extend(verify(seen, &self.changes[..base], base));
            }
            return wrong;
        }
        let mut wrong = verify(seen, &self.changes[..at_most], at_least);
        if seen.runs().len() == self.changes.len() {
            wrong.extend(differing(&lines, &self.after));
        }
        wrong
    }

    /// Does the task again, to the end.
    pub(super) fn again(&self, file: &Path) {
        let mut db = task::open(file).expect("it opens again");
        let ended = self
            .task
            .perform(&db, RUN + 10, &Faults::none())
            .expect("a connection");
        let fine = |e: &Ended| matches!(e, Ended::Published { .. } | Ended::Unchanged { .. });
        assert!(ended.iter().all(fine), "{ended:?}");
        let mut changes = self.changes.clone();
        if self.task.is_noted_again() {
            changes.extend(changes.last().cloned());
        }
        let seen = Seen::read(&mut db);
        assert_eq!(
            verify(&seen, &changes, self.changes.len()),
            Vec::<String>::new()
        );
        assert_eq!(
            differing(&self.lines(&seen), &self.after),
            Vec::<String>::new()
        );
        drop(db);
        assert!(
            size(file) <= self.size * 3 / 2,
            "{} from {}",
            size(file),
            self.size
        );
        let mut wal = file.as_os_str().to_owned();
        wal.push(".wal");
        assert!(
            !Path::new(&wal).exists(),
            "the log is gone once the file is closed"
        );
    }

    /// Kills a child at a point; whether the task's last run was published all the same.
    fn kill(&self, n: usize, fault: Fault, checkpoints: bool) -> bool {
        let file = self.copy(&format!("kill{n}"));
        let mut job = Job::new(self.task, &file, fault);
        job.checkpoints = checkpoints;
        let status = job.run();
        let killed = std::os::unix::process::ExitStatusExt::signal(&status);
        assert_eq!(killed, Some(9), "{fault:?}: {status}");
        let acknowledged = job.acknowledged().exists();
        let commit = self.commit();
        let must = match fault {
            Fault::Before(n) | Fault::After(n) | Fault::During(n, _) if n < commit => Some(false),
            _ if acknowledged => Some(true),
            Fault::Before(n) if n == commit => Some(false),
            _ => None,
        };
        let all = self.changes.len();
        let (at_least, at_most) = match must {
            Some(false) => (0, all - 1),
            Some(true) if self.changes.len() == self.task.base() + 1 => (all, all),
            Some(true) | None => (0, all),
        };
        let mut db = task::open(&file).expect("it opens again");
        let seen = Seen::read(&mut db);
        let wrong = self.wrong(&seen, at_least, at_most);
        assert!(
            wrong.is_empty(),
            "{:?} {fault:?}:\n{}",
            self.task,
            wrong.join("\n")
        );
        drop(db);
        self.again(&file);
        for file in [file, job.acknowledged(), job.ended()] {
            let _ = std::fs::remove_file(file);
        }
        seen.runs().len() == all
    }
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).expect("a file").len()
}

/// Numbers that look random and are the same every time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Turns of a loop, from none to some ten milliseconds' worth.
    pub(super) fn turns(&mut self) -> u32 {
        let magnitude = self.below(22);
        self.below(1 << magnitude) as u32
    }
}

fn benches() -> Vec<Bench> {
    TASKS.into_iter().map(Bench::new).collect()
}

/// Where to kill: in COMMIT and in the closing of the file, and after everything, of each task; before the first statement of
/// every stage of a build and of the changes that are none; then before every other statement, then in the middle of any.
fn kills(benches: &[Bench], times: usize) -> Vec<(usize, Fault)> {
    let mut dice = Dice(1);
    let (mut points, mut others) = (Vec::new(), Vec::new());
    for (n, bench) in benches.iter().enumerate() {
        points.push((n, Fault::After(bench.commit())));
        points.push((n, Fault::After(bench.trace.len() as u32)));
        for _ in 0..3 {
            points.push((n, Fault::During(bench.commit(), dice.turns())));
            points.push((n, Fault::Closing(dice.turns())));
        }
        // The two others go through the same stages, and take longer.
        let first = !matches!(bench.task, Task::FirstBuild | Task::Backfill);
        let mut seen = Vec::new();
        for (call, stage) in (1..).zip(&bench.trace) {
            if first && !seen.contains(stage) {
                seen.push(stage);
                points.push((n, Fault::Before(call)));
            } else {
                others.push((n, Fault::Before(call)));
            }
        }
    }
    points.extend(others);
    while points.len() < times {
        let n = dice.below(benches.len() as u64) as usize;
        let bench = &benches[n];
        let call = dice.below(bench.trace.len() as u64) as u32 + 1;
        points.push(match dice.below(4) {
            0 => (n, Fault::During(call, dice.turns())),
            1 => (n, Fault::Closing(dice.turns())),
            _ => (n, Fault::During(bench.commit(), dice.turns())),
        });
    }
    points.truncate(times);
    points
}

#[test]
fn killed_at_any_moment_all_or_nothing_is_published_and_the_next_run_ends_it() {
    let times = super::count("SEGC_CRASHES", 110);
    let benches = benches();
    let mut figures = std::collections::BTreeMap::<_, [usize; 2]>::new();
    for (n, (bench, fault)) in kills(&benches, times).into_iter().enumerate() {
        let bench = &benches[bench];
        let there = bench.kill(n, fault, n % 2 == 1);
        let kind = match fault {
            Fault::Before(_) => "before a statement",
            Fault::After(_) => "after a statement",
            Fault::During(call, _) if call == bench.commit() => "during COMMIT",
            Fault::During(..) => "during a statement",
            _ => "while closing",
        };
        figures.entry((bench.task, kind)).or_default()[usize::from(there)] += 1;
        if n % 100 == 99 {
            super::note(&format!("{} kills, nothing wrong", n + 1));
        }
    }
    for ((task, kind), [not, there]) in figures {
        super::note(&format!(
            "{task:?}, killed {kind}: {not} not published, {there} published"
        ));
    }
}

#[test]
fn an_error_at_any_statement_publishes_nothing_and_the_next_run_ends_it() {
    let every = if std::env::var_os("SEGC_CRASHES").is_some() {
        1
    } else {
        16
    };
    for (n, bench) in benches().into_iter().enumerate() {
        for call in (1..=bench.trace.len() as u32)
            .skip(n % every)
            .step_by(every)
        {
            let file = bench.copy(&format!("error{call}"));
            let mut db = task::open(&file).expect("its database");
            let ended = bench
                .task
                .perform(&db, RUN, &Faults::of(Fault::Error(call)));
            let ended = ended.unwrap_or_default();
            if bench.task == Task::Repair && call < bench.begin() {
                bench.is_mended_by_the_next(db);
                std::fs::remove_file(file).expect("a file");
                continue;
            }
            let published = |e: &&Ended| matches!(e, Ended::Published { .. });
            let so_many = bench.task.base() + ended.iter().filter(published).count();
            let unknown = matches!(ended.last(), Some(Ended::Unknown { .. }));
            for e in &ended {
                assert!(
                    matches!(
                        e,
                        Ended::Published { .. }
                            | Ended::NotPublished { .. }
                            | Ended::Unknown { .. }
                    ),
                    "{:?} at {call}: {e:?}",
                    bench.task
                );
            }
            if unknown {
                assert!(
                    call > bench.commit() || bench.task == Task::Backfill,
                    "{call}"
                );
            }
            let at_most = so_many + usize::from(unknown);
            let wrong = bench.wrong(&Seen::read(&mut db), so_many, at_most);
            assert!(
                wrong.is_empty(),
                "{:?} at {call}:\n{}",
                bench.task,
                wrong.join("\n")
            );
            drop(db);
            bench.again(&file);
            std::fs::remove_file(file).expect("a file");
        }
    }
}
