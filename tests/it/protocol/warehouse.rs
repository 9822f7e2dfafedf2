//! A warehouse in the abstract: the published tables, transactions over them, and what two transactions see of each other.

/// What a statement sees, and what becomes of two that change one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Isolation {
    /// A transaction sees what was committed when it began; who changes a row second is cancelled (DuckDB, BigQuery).
    Snapshot,
    /// Every statement sees what is committed by then; who changes a row second waits for the first (Snowflake).
    ReadCommitted,
}

/// Members of the one segment there is, a bit each.
pub(super) type Keys = u8;

/// The keys there are.
pub(super) const KEYS: [Keys; 2] = [1, 2];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Stay {
    pub(super) key: Keys,
    pub(super) from: u8,
    pub(super) to: Option<u8>,
    pub(super) entered: u8,
}

/// Everything that is published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tables {
    /// The state's row: its epoch, and the run that made it so.
    pub(super) state: (u8, u8),
    /// (epoch, run)
    pub(super) ledger: Vec<(u8, u8)>,
    /// (key, run)
    pub(super) members: Vec<(Keys, u8)>,
    pub(super) stays: Vec<Stay>,
}

/// A row that is changed or deleted. Rows that are inserted are nobody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Row {
    State,
    Stay(Stay),
    Member(Keys, u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Write {
    State(u8, u8),
    /// The stay as it was, and when it ends.
    Close(Stay, u8),
    Open(Stay),
    Delete(Keys, u8),
    Insert(Keys, u8),
    Record(u8, u8),
}

impl Write {
    fn row(self) -> Option<Row> {
        match self {
            Self::State(..) => Some(Row::State),
            Self::Close(stay, _) => Some(Row::Stay(stay)),
            Self::Delete(key, run) => Some(Row::Member(key, run)),
            Self::Open(_) | Self::Insert(..) | Self::Record(..) => None,
        }
    }
}

impl Tables {
    fn apply(&mut self, write: Write) {
        match write {
            Write::State(epoch, run) => self.state = (epoch, run),
            Write::Close(stay, to) => {
                for known in self.stays.iter_mut().filter(|s| **s == stay) {
                    known.to = Some(to);
                }
                self.stays.sort_unstable();
            }
            Write::Open(stay) => {
                self.stays.push(stay);
                self.stays.sort_unstable();
            }
            Write::Delete(key, run) => self.members.retain(|m| *m != (key, run)),
            Write::Insert(key, run) => {
                self.members.push((key, run));
                self.members.sort_unstable();
            }
            Write::Record(epoch, run) => {
                self.ledger.push((epoch, run));
                self.ledger.sort_unstable();
            }
        }
    }

    /// Whether a row is there as it is in the other.
    fn same(&self, row: Row, other: &Self) -> bool {
        match row {
            Row::State => self.state == other.state,
            Row::Stay(stay) => self.stays.contains(&stay) == other.stays.contains(&stay),
            Row::Member(key, run) => {
                self.members.contains(&(key, run)) == other.members.contains(&(key, run))
            }
        }
    }

    pub(super) fn member_keys(&self) -> Keys {
        self.members.iter().fold(0, |keys, (key, _)| keys | key)
    }

    pub(super) fn open_keys(&self) -> Keys {
        let open = self.stays.iter().filter(|s| s.to.is_none());
        open.fold(0, |keys, stay| keys | stay.key)
    }
}

/// An open transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Transaction {
    snapshot: Option<Box<Tables>>,
    writes: Vec<Write>,
}

/// What the warehouse answers to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Done,
    /// Another transaction was first.
    Cancelled,
    /// Nothing yet: another transaction holds the row.
    Waits,
}

impl Transaction {
    pub(super) fn begin(isolation: Isolation, committed: &Tables) -> Self {
        let snapshot = (isolation == Isolation::Snapshot).then(|| Box::new(committed.clone()));
        Self {
            snapshot,
            writes: Vec::new(),
        }
    }

    pub(super) fn commit(self, committed: &mut Tables) {
        for write in self.writes {
            committed.apply(write);
        }
    }
}

/// What a session sees: within its transaction, or of what is committed.
pub(super) fn seen(committed: &Tables, transaction: Option<&Transaction>) -> Tables {
    let Some(transaction) = transaction else {
        return committed.clone();
    };
    let mut seen = transaction.snapshot.as_deref().unwrap_or(committed).clone();
    for write in &transaction.writes {
        seen.apply(*write);
    }
    seen
}

/// Runs one statement's changes, all or none; without a transaction they are committed at once. `others` are the transactions
/// of everybody else.
pub(super) fn change<'a>(
    isolation: Isolation,
    committed: &mut Tables,
    own: Option<&mut Transaction>,
    others: impl Iterator<Item = &'a Transaction> + Clone,
    writes: Vec<Write>,
) -> Answer {
    for row in writes.iter().filter_map(|w| w.row()) {
        let mut held = others.clone().flat_map(|t| &t.writes);
        if held.any(|w| w.row() == Some(row)) {
            return match isolation {
                Isolation::Snapshot => Answer::Cancelled,
                Isolation::ReadCommitted => Answer::Waits,
            };
        }
        let snapshot = own.as_ref().and_then(|t| t.snapshot.as_deref());
        if snapshot.is_some_and(|s| !committed.same(row, s)) {
            return Answer::Cancelled;
        }
    }
    match own {
        Some(own) => own.writes.extend(writes),
        None => {
            for write in writes {
                committed.apply(write);
            }
        }
    }
    Answer::Done
}
