//! The process that is killed: this very program, told by an environment variable to do one task on one file.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, Faults, Without, die_after};
use super::task::{self, Task};

const JOB: &str = "SEGC_CRASH_JOB";

/// What a child is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) task: Task,
    /// The database. Beside it are written: what was acknowledged, and how it ended.
    pub(super) file: PathBuf,
    pub(super) run: u32,
    pub(super) fault: Fault,
    pub(super) without: Without,
    pub(super) checkpoints: bool,
    /// No file may grow beyond so many bytes.
    pub(super) file_size: Option<u64>,
}

impl Job {
    pub(super) fn new(task: Task, file: &Path, fault: Fault) -> Self {
        Self {
            task,
            file: file.to_owned(),
            run: task::RUN,
            fault,
            without: Without::Nothing,
            checkpoints: false,
            file_size: None,
        }
    }

    /// Where a COMMIT that was answered is noted.
    pub(super) fn acknowledged(&self) -> PathBuf {
        self.file.with_extension("acknowledged")
    }

    /// Where is told how it ended.
    pub(super) fn ended(&self) -> PathBuf {
        self.file.with_extension("ended")
    }

    /// Has a child do it.
    pub(super) fn run(&self) -> ExitStatus {
        Command::new(std::env::current_exe().expect("this program"))
            .args([
                "--exact",
                "crash::child::does_its_job",
                "--ignored",
                "--quiet",
            ])
            .env(JOB, serde_json::to_string(self).expect("plain values"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("it can be run")
    }

    fn perform(&self) {
        if let Some(bytes) = self.file_size {
            limit_files(bytes);
        }
        let faults = Rc::new(Faults {
            fault: self.fault,
            without: self.without,
            checkpoints: self.checkpoints,
            acknowledged: Some(self.acknowledged()),
            ..Faults::default()
        });
        let ended = match segc::engine::open(&task::options(&self.file)) {
            Ok(db) => {
                let ended = self.task.perform(&db, self.run, &faults);
                if let Fault::Closing(turns) = self.fault {
                    die_after(turns);
                }
                drop(db);
                format!("{ended:?}")
            }
            Err(error) => format!("{error:?}"),
        };
        if let Fault::Closing(_) = self.fault {
            // The killer is on its way.
            loop {
                std::thread::park();
            }
        }
        std::fs::write(self.ended(), ended).expect("a folder to write to");
    }
}

/// As on a full disk: what would grow beyond is refused.
fn limit_files(bytes: u64) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Who has a handler is not ended by the signal, and the write is answered with an error.
    let unheard = std::sync::Arc::default();
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, unheard).expect("a handler");
    let limit = Rlimit {
        current: Some(bytes),
        maximum: Some(bytes),
    };
    setrlimit(Resource::Fsize, limit).expect("a limit");
}

#[test]
#[ignore = "other tests run it in a process of its own"]
fn does_its_job() {
    if let Ok(job) = std::env::var(JOB) {
        let job: Job = serde_json::from_str(&job).expect("a job");
        job.perform();
    }
}
