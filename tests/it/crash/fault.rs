//! Sessions on which a given statement goes wrong in a given way, and sessions that leave out a part of the protocol.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use segc::build::run::Progress;
use segc::build::{Kind, Stage};
use segc::engine::duckdb::DuckDb;
use segc::engine::{Engine, EngineError, EngineErrorKind, Rows, Warehouse};

/// What goes wrong at the n-th statement, counted from one over all sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fault {
    #[default]
    None,
    /// The process ends itself before it.
    Before(u32),
    /// … after it was answered.
    After(u32),
    /// … while it runs, once so many turns of a loop are over; at the latest when it is answered.
    During(u32, u32),
    /// … while the database is closed, likewise.
    Closing(u32),
    /// It is answered with an error, unrun.
    Error(u32),
    /// Something else happens first: see [`Faults::meanwhile`].
    Delay(u32),
}

/// A part of the protocol that is left out, to see whether somebody notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Without {
    #[default]
    Nothing,
    /// BEGIN, COMMIT and ROLLBACK.
    Transaction,
    /// The fence, taken to have hit its row.
    Fence,
    /// What the fence compares: it moves whatever epoch there is.
    Comparison,
    /// The run's row in the ledger.
    Ledger,
}

/// What sessions are had from: a database of this process, or one as the program opens it.
pub(super) trait Sessions {
    fn session(&self) -> Result<Box<dyn Engine>, EngineError>;
}

impl Sessions for DuckDb {
    fn session(&self) -> Result<Box<dyn Engine>, EngineError> {
        Ok(Box::new(self.another()?))
    }
}

impl Sessions for Box<dyn Warehouse> {
    fn session(&self) -> Result<Box<dyn Engine>, EngineError> {
        self.as_ref().session()
    }
}

/// What goes wrong, and what was seen of it.
#[derive(Default)]
pub(super) struct Faults {
    pub(super) fault: Fault,
    pub(super) without: Without,
    /// Every commit is followed by a checkpoint.
    pub(super) checkpoints: bool,
    /// Written once COMMIT is answered.
    pub(super) acknowledged: Option<PathBuf>,
    /// What happens first, where a statement is delayed.
    pub(super) meanwhile: RefCell<Option<Box<dyn FnOnce()>>>,
    pub(super) calls: Cell<u32>,
    pub(super) stage: RefCell<Option<Kind>>,
    /// Of every statement: its stage; empty outside of all.
    pub(super) trace: RefCell<Vec<&'static str>>,
}

impl Faults {
    pub(super) fn none() -> Rc<Self> {
        Rc::default()
    }

    /// Something that goes wrong in this process.
    pub(super) fn of(fault: Fault) -> Rc<Self> {
        Rc::new(Self {
            fault,
            ..Self::default()
        })
    }

    /// A session on which it goes so.
    pub(super) fn session(
        self: &Rc<Self>,
        db: &dyn Sessions,
    ) -> Result<Box<dyn Engine>, EngineError> {
        let mut inner = db.session()?;
        if self.checkpoints {
            inner.execute("SET wal_autocheckpoint = '1KB'")?;
        }
        Ok(Box::new(Faulty {
            inner,
            faults: Rc::clone(self),
        }))
    }

    fn run<T>(
        &self,
        sql: &str,
        nothing: T,
        go: impl FnOnce(&str) -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let call = self.calls.get() + 1;
        self.calls.set(call);
        let stage = self.stage.borrow().clone();
        let words = stage.as_ref().map_or("", Kind::words);
        self.trace.borrow_mut().push(words);
        let mut killer = None;
        match self.fault {
            Fault::Before(n) if n == call => die(),
            Fault::During(n, turns) if n == call => killer = Some(die_after(turns)),
            Fault::Error(n) if n == call => {
                return Err(EngineError {
                    kind: EngineErrorKind::Statement,
                    message: "injected".to_owned(),
                });
            }
            Fault::Delay(n) if n == call => {
                if let Some(meanwhile) = self.meanwhile.take() {
                    meanwhile();
                }
            }
            Fault::None
            | Fault::Before(_)
            | Fault::After(_)
            | Fault::During(..)
            | Fault::Closing(_)
            | Fault::Error(_)
            | Fault::Delay(_) => {}
        }
        let answer = match self.without.replaced(sql, stage.as_ref()) {
            Some(sql) => go(&sql),
            None => Ok(nothing),
        };
        if let (Some(file), Ok(_), Some(Kind::Commit)) = (&self.acknowledged, &answer, &stage) {
            std::fs::write(file, "COMMIT was answered").expect("a folder to write to");
        }
        if self.fault == Fault::After(call) {
            die();
        }
        if let Some(killer) = killer {
            let _ = killer.join();
        }
        answer
    }
}

impl Without {
    /// The statement that is run instead; None for none.
    fn replaced(self, sql: &str, stage: Option<&Kind>) -> Option<String> {
        let left_out = match self {
            Self::Nothing => false,
            Self::Transaction => ["BEGIN TRANSACTION", "COMMIT", "ROLLBACK"].contains(&sql),
            Self::Fence => stage == Some(&Kind::Fence),
            Self::Comparison if stage == Some(&Kind::Fence) => {
                let (before, _) = sql.split_once(" AND epoch =").expect("a fence compares");
                return Some(before.to_owned());
            }
            Self::Comparison => false,
            Self::Ledger => {
                stage == Some(&Kind::RecordRun)
                    && sql.contains("segc_runs")
                    && sql.contains("'published'")
            }
        };
        (!left_out).then(|| sql.to_owned())
    }
}

/// Ends this process as `kill -9` does.
pub(super) fn die() -> ! {
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    loop {
        std::thread::park();
    }
}

pub(super) fn die_after(turns: u32) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        for turn in 0..turns {
            std::hint::black_box(turn);
        }
        die();
    })
}

struct Faulty {
    inner: Box<dyn Engine>,
    faults: Rc<Faults>,
}

impl Engine for Faulty {
    fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
        let faults = Rc::clone(&self.faults);
        // Who takes a statement for done takes it to have hit its row.
        faults.run(sql, 1, |sql| self.inner.change(sql))
    }

    fn execute(&mut self, sql: &str) -> Result<(), EngineError> {
        let faults = Rc::clone(&self.faults);
        faults.run(sql, (), |sql| self.inner.execute(sql))
    }

    fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
        let faults = Rc::clone(&self.faults);
        faults.run(sql, Rows::default(), |sql| self.inner.query(sql))
    }
}

/// Tells the sessions which stage they are at.
pub(super) struct Watch(pub(super) Rc<Faults>);

impl Progress for Watch {
    fn started(&self, stage: &Stage) {
        self.0.stage.replace(Some(stage.kind.clone()));
    }

    fn finished(&self, _: &Stage, _: Duration) {
        self.0.stage.replace(None);
    }
}
