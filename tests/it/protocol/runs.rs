//! Builds on their way through the protocol, and everything that may happen to them at any moment.

use segc::build::{Assertion, Kind};

use super::program::{Fault, Protocol};
use super::warehouse::{Answer, KEYS, Keys, Stay, Tables, Transaction, Write, change, seen};

/// Where the client of a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Client {
    /// It has not read the epoch yet.
    Waiting,
    Running,
    /// It is about to read the ledger.
    Asking {
        committing: bool,
    },
    Told(Verdict),
    Dead,
}

/// What a client says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Verdict {
    Published(u8),
    NotPublished,
    /// An assertion failed: somebody has edited the tables by hand.
    Edited,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) client: Client,
    /// The warehouse still has its session.
    session: bool,
    /// The next step.
    at: u8,
    base: u8,
    entered: Keys,
    exited: Keys,
    transaction: Option<Transaction>,
}

/// The warehouse and all runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) tables: Tables,
    pub(super) runs: Vec<Run>,
}

/// What happens next, and to which run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// It reads the epoch.
    Start,
    /// Its next statement is run and answered. One of a client that is gone is run all the same: it was under way.
    Step,
    /// Its next statement never arrives.
    LoseRequest,
    /// Its next statement is run, and the answer never arrives.
    LoseAnswer,
    /// Its client does not wait for the answer any longer.
    Hurry,
    /// It is killed; what it has sent is still under way.
    Kill,
    /// The warehouse lets go of a client that is gone.
    LetGo,
    /// It reads the ledger.
    Ask,
}

const MOVES: [Move; 8] = [
    Move::Start,
    Move::Step,
    Move::LoseRequest,
    Move::LoseAnswer,
    Move::Hurry,
    Move::Kill,
    Move::LetGo,
    Move::Ask,
];

/// Who is to be a member by run `n`, counted from 1: one, another, both.
pub(super) fn wanted(run: u8) -> Keys {
    run % 4
}

/// How a statement ended.
enum Ran {
    Done,
    Failed(Verdict),
    Waits,
}

impl World {
    pub(super) fn new(runs: usize) -> Self {
        let run = Run {
            client: Client::Waiting,
            session: false,
            at: 0,
            base: 0,
            entered: 0,
            exited: 0,
            transaction: None,
        };
        Self {
            tables: Tables::default(),
            runs: vec![run; runs],
        }
    }

    /// Everything that may happen next.
    pub(super) fn next(&self, protocol: &Protocol) -> Vec<(usize, Move, Self)> {
        let mut all = Vec::new();
        for n in 0..self.runs.len() {
            for what in MOVES {
                if !self.may(protocol, n, what) {
                    continue;
                }
                let mut next = self.clone();
                if next.go(protocol, n, what) {
                    all.push((n, what, next));
                }
            }
        }
        all
    }

    fn may(&self, protocol: &Protocol, n: usize, what: Move) -> bool {
        let run = &self.runs[n];
        let running = run.client == Client::Running;
        match what {
            Move::Start => run.client == Client::Waiting,
            Move::Step => run.session,
            Move::LoseRequest | Move::LoseAnswer | Move::Kill => running,
            Move::Hurry => {
                running
                    && protocol.fault == Fault::CommitNotAwaited
                    && self.step(protocol, n) == Kind::Commit
            }
            Move::LetGo => run.session && !running,
            Move::Ask => matches!(run.client, Client::Asking { .. }),
        }
    }

    pub(super) fn step(&self, protocol: &Protocol, n: usize) -> Kind {
        protocol.steps[usize::from(self.runs[n].at)].clone()
    }

    /// False where nothing happens yet.
    fn go(&mut self, protocol: &Protocol, n: usize, what: Move) -> bool {
        let committing = || self.step(protocol, n) == Kind::Commit;
        match what {
            Move::Start => {
                let newest = self.tables.ledger.iter().map(|(epoch, _)| *epoch).max();
                let run = &mut self.runs[n];
                run.base = if protocol.fenced() {
                    self.tables.state.0
                } else {
                    newest.unwrap_or(0)
                };
                run.client = Client::Running;
                run.session = true;
                true
            }
            Move::Step => self.statement(protocol, n, true),
            Move::LoseRequest => {
                let committing = committing();
                self.leave(n);
                self.ends(protocol, n, committing, Verdict::NotPublished);
                true
            }
            Move::LoseAnswer => {
                let committing = committing();
                if !self.statement(protocol, n, false) {
                    return false;
                }
                // The client drops the connection, and with it the transaction; the statement is over by then.
                self.leave(n);
                self.ends(protocol, n, committing, Verdict::NotPublished);
                true
            }
            Move::Hurry => {
                self.runs[n].client = Client::Asking { committing: true };
                true
            }
            Move::Kill => {
                self.runs[n].client = Client::Dead;
                true
            }
            Move::LetGo => {
                self.leave(n);
                true
            }
            Move::Ask => {
                let run = number(n);
                let entry = self.tables.ledger.iter().find(|(_, r)| *r == run);
                let verdict = match (self.runs[n].client, entry) {
                    (Client::Asking { committing: true }, Some((epoch, _))) => {
                        Verdict::Published(*epoch)
                    }
                    _ => Verdict::NotPublished,
                };
                self.runs[n].client = Client::Told(verdict);
                true
            }
        }
    }

    fn leave(&mut self, n: usize) {
        let run = &mut self.runs[n];
        run.session = false;
        run.transaction = None;
        (run.at, run.entered, run.exited) = (0, 0, 0);
    }

    /// The client has no more to send.
    fn ends(&mut self, protocol: &Protocol, n: usize, committing: bool, believed: Verdict) {
        let run = &mut self.runs[n];
        if run.client != Client::Running {
            return;
        }
        run.client = if believed == Verdict::Edited
            || protocol.fault == Fault::CommitBelieved && committing
        {
            Client::Told(believed)
        } else {
            Client::Asking { committing }
        };
    }

    /// Runs the next statement of a run's session; what follows of the answer, where it arrives. False where it waits.
    fn statement(&mut self, protocol: &Protocol, n: usize, answered: bool) -> bool {
        let kind = self.step(protocol, n);
        match self.run(protocol, n, &kind) {
            Ran::Waits => false,
            Ran::Done if kind == Kind::Commit => {
                let epoch = self.runs[n].base + 1;
                self.leave(n);
                if answered {
                    self.ends(protocol, n, true, Verdict::Published(epoch));
                }
                true
            }
            Ran::Done => {
                self.runs[n].at += 1;
                true
            }
            Ran::Failed(verdict) => {
                // ROLLBACK, and the connection is dropped.
                self.leave(n);
                if answered {
                    self.ends(protocol, n, kind == Kind::Commit, verdict);
                }
                true
            }
        }
    }

    fn run(&mut self, protocol: &Protocol, n: usize, kind: &Kind) -> Ran {
        let (run, as_of) = (number(n), self.runs[n].base + 1);
        let sees = || seen(&self.tables, self.runs[n].transaction.as_ref());
        let (entered, exited) = (self.runs[n].entered, self.runs[n].exited);
        match kind {
            Kind::Begin => {
                if protocol.fault != Fault::NoTransaction {
                    let begun = Transaction::begin(protocol.isolation, &self.tables);
                    self.runs[n].transaction = Some(begun);
                }
                Ran::Done
            }
            Kind::Commit
            | Kind::EnsureSchema
            | Kind::EnsureTable
            | Kind::EnsureColumn
            | Kind::EnsureView => {
                if let Some(transaction) = self.runs[n].transaction.take() {
                    transaction.commit(&mut self.tables);
                }
                Ran::Done
            }
            Kind::Diff => {
                let before = sees().member_keys();
                self.runs[n].entered = wanted(run) & !before;
                self.runs[n].exited = before & !wanted(run);
                Ran::Done
            }
            Kind::Fence => {
                // Who waits for the row sees it as it is once it is free.
                let (epoch, _) = sees().state;
                if epoch != self.runs[n].base && protocol.fault != Fault::FenceWithoutEpoch {
                    return match self.change(protocol, n, vec![Write::State(epoch, run)], true) {
                        Ran::Waits => Ran::Waits,
                        Ran::Done | Ran::Failed(_) => Ran::Failed(Verdict::NotPublished),
                    };
                }
                self.change(protocol, n, vec![Write::State(epoch + 1, run)], false)
            }
            Kind::CloseStays => {
                let stays = sees().stays;
                let ended = stays
                    .iter()
                    .filter(|s| s.to.is_none() && s.key & exited != 0);
                let writes = ended.map(|stay| Write::Close(*stay, as_of)).collect();
                self.change(protocol, n, writes, false)
            }
            Kind::OpenStays => {
                let stay = |key: &Keys| {
                    Write::Open(Stay {
                        key: *key,
                        from: as_of,
                        to: None,
                        entered: run,
                    })
                };
                let begun = KEYS.iter().filter(|key| **key & entered != 0).map(stay);
                self.change(protocol, n, begun.collect(), false)
            }
            Kind::DeleteMembers => {
                let members = sees().members;
                let gone = members.iter().filter(|(key, _)| key & exited != 0);
                let writes = gone.map(|(key, by)| Write::Delete(*key, *by)).collect();
                self.change(protocol, n, writes, false)
            }
            Kind::InsertMembers => {
                let new = KEYS.iter().filter(|key| **key & entered != 0);
                let writes = new.map(|key| Write::Insert(*key, run)).collect();
                self.change(protocol, n, writes, false)
            }
            Kind::RecordRun => {
                let writes = vec![Write::Record(as_of, run)];
                self.change(protocol, n, writes, false)
            }
            Kind::Assert(Assertion::Members) => {
                let tables = sees();
                let all = wanted(run);
                let right = tables.member_keys() == all && tables.members.len() == count(all);
                if right {
                    Ran::Done
                } else {
                    Ran::Failed(Verdict::Edited)
                }
            }
            Kind::Assert(Assertion::Stays) => {
                let tables = sees();
                let open = tables.stays.iter().filter(|s| s.to.is_none()).count();
                let right = tables.open_keys() == wanted(run) && open == count(wanted(run));
                if right {
                    Ran::Done
                } else {
                    Ran::Failed(Verdict::Edited)
                }
            }
            other => unreachable!("{other:?} is no step of the model"),
        }
    }

    /// One statement's changes; `dry` only asks whether it would have to wait.
    fn change(&mut self, protocol: &Protocol, n: usize, writes: Vec<Write>, dry: bool) -> Ran {
        let mut own = self.runs[n].transaction.take();
        let others = self.runs.iter().filter_map(|r| r.transaction.as_ref());
        let mut tables = self.tables.clone();
        let mut tried = own.clone();
        let answer = change(
            protocol.isolation,
            &mut tables,
            tried.as_mut(),
            others,
            writes,
        );
        if answer == Answer::Done && !dry {
            (self.tables, own) = (tables, tried);
        }
        self.runs[n].transaction = own;
        match answer {
            Answer::Done => Ran::Done,
            Answer::Cancelled => Ran::Failed(Verdict::NotPublished),
            Answer::Waits => Ran::Waits,
        }
    }
}

/// The number of the n-th run: 0 is nobody's.
pub(super) fn number(n: usize) -> u8 {
    u8::try_from(n).unwrap() + 1
}

pub(super) fn count(keys: Keys) -> usize {
    keys.count_ones() as usize
}
