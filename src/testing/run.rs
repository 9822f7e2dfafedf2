//! Jobs in processes of their own: a few workers, each doing many jobs one after another, killed when one takes too long.
//!
//! A worker is this program again (`segc __worker`) with an empty environment in an empty folder. One that dies has one more
//! chance: the job that it died of is run again, alone in a new one.

use crate::engine::job::{Job, Reply};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// How long one job of a user may take.
pub const LIMIT: Duration = Duration::from_secs(10);

/// Who does the work.
#[derive(Clone, Copy, Debug)]
pub struct Workers<'a> {
    /// This program.
    pub program: &'a Path,
    /// How many at once.
    pub count: usize,
    /// How long one job may take.
    pub limit: Duration,
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Reply(Reply),
    /// Why there is no reply.
    Lost(String),
    /// Not started: another had failed before (`--fail-fast`).
    Skipped,
}

/// Runs jobs; `done` hears of each as it ends and says whether to go on.
pub fn run(
    workers: Workers<'_>,
    jobs: &[Job],
    done: &(dyn Fn(usize, &Outcome) -> bool + Sync),
) -> Vec<Outcome> {
    let outcomes = Mutex::new(vec![Outcome::Skipped; jobs.len()]);
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..workers.count.clamp(1, jobs.len().max(1)) {
            scope.spawn(|| {
                let mut worker = None;
                while !stopped.load(Ordering::Relaxed) {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(n) else { break };
                    let outcome = ask(workers, job, &mut worker);
                    if !done(n, &outcome) {
                        stopped.store(true, Ordering::Relaxed);
                    }
                    let mut all = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(place) = all.get_mut(n) {
                        *place = outcome;
                    }
                }
            });
        }
    });
    outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}

fn ask(workers: Workers<'_>, job: &Job, worker: &mut Option<Worker>) -> Outcome {
    let had_worked = worker.is_some();
    let mut lost = String::new();
    for attempt in 0..2 {
        // A worker that never answered had only this job to die of.
        if attempt == 1 && !had_worked {
            break;
        }
        if worker.is_none() {
            match Worker::start(workers.program) {
                Ok(new) => *worker = Some(new),
                Err(e) => return Outcome::Lost(format!("no process could be started: {e}")),
            }
        }
        let Some(running) = worker else { break };
        match running.ask(job, workers.limit) {
            Ok(reply) => return Outcome::Reply(reply),
            Err(why) => {
                lost = why;
                *worker = None;
            }
        }
    }
    Outcome::Lost(lost)
}

/// Where the system's loader looks for libraries: where the engine is one, a worker needs it too. Nothing else of the
/// environment is a test's to see.
const LOADER: &[&str] = &["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"];

/// A running worker; dropped, it is killed.
struct Worker {
    child: Child,
    input: ChildStdin,
    replies: Receiver<String>,
    /// Where it runs.
    _folder: tempfile::TempDir,
}

impl Worker {
    #[allow(
        clippy::disallowed_methods,
        reason = "what the loader needs of the environment is handed on"
    )]
    fn start(program: &Path) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(program)
            .arg("__worker")
            .env_clear()
            .envs(
                LOADER
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("it has no streams"));
        };
        let (send, replies) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                let Ok(line) = line else { break };
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input,
            replies,
            _folder: folder,
        })
    }

    fn ask(&mut self, job: &Job, limit: Duration) -> Result<Reply, String> {
        let mut line = serde_json::to_vec(job).map_err(|e| e.to_string())?;
        line.push(b'\n');
        let sent = self
            .input
            .write_all(&line)
            .and_then(|()| self.input.flush());
        if sent.is_err() {
            return Err(self.died());
        }
        match self.replies.recv_timeout(limit) {
            Ok(reply) => serde_json::from_str(&reply).map_err(|e| e.to_string()),
            Err(RecvTimeoutError::Timeout) => Err(format!(
                "it took longer than {} seconds and was stopped",
                limit.as_secs()
            )),
            Err(RecvTimeoutError::Disconnected) => Err(self.died()),
        }
    }

    fn died(&mut self) -> String {
        match self.child.wait() {
            Ok(status) => format!("its process ended ({status}): it needed more than it may have"),
            Err(e) => format!("its process ended: {e}"),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
