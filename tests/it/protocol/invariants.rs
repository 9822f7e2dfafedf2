//! What must be true at every moment, of what is committed and of what clients were told.

use super::program::Protocol;
use super::runs::{Client, Run, Verdict, World, count, number, wanted};
use super::warehouse::{KEYS, Keys, Tables};

/// The first thing that is wrong.
pub(super) fn wrong(protocol: &Protocol, world: &World) -> Option<String> {
    epochs(protocol, &world.tables)
        .or_else(|| members(&world.tables))
        .or_else(|| history(&world.tables))
        .or_else(|| told(world))
}

/// One winner for each epoch, no epoch left out, and the state's row is that of the last.
fn epochs(protocol: &Protocol, tables: &Tables) -> Option<String> {
    for (pair, next) in tables.ledger.iter().zip(tables.ledger.iter().skip(1)) {
        if pair.0 == next.0 {
            return Some(format!(
                "two winners: runs {} and {} both have epoch {}",
                pair.1, next.1, pair.0
            ));
        }
    }
    let dense = (1..).zip(&tables.ledger).all(|(n, (epoch, _))| n == *epoch);
    if !dense {
        return Some("an epoch is left out of the ledger".to_owned());
    }
    let last = tables.ledger.last().copied().unwrap_or_default();
    if protocol.fenced() && tables.state != last {
        let (epoch, run) = tables.state;
        return Some(format!(
            "the state's row says epoch {epoch} by run {run}, and the ledger epoch {} by run {}",
            last.0, last.1
        ));
    }
    None
}

fn published_by(tables: &Tables) -> Keys {
    tables.ledger.last().map_or(0, |(_, run)| wanted(*run))
}

/// Members are those of the last published run, each once.
fn members(tables: &Tables) -> Option<String> {
    let all = published_by(tables);
    (tables.member_keys() != all || tables.members.len() != count(all))
        .then(|| "the members are not those of the last published run".to_owned())
}

/// No stay is empty, none overlap, the open ones are the members, and it tells who was a member at every epoch.
fn history(tables: &Tables) -> Option<String> {
    for stay in &tables.stays {
        if stay.to.is_some_and(|to| to <= stay.from) {
            return Some("a stay ends no later than it began".to_owned());
        }
    }
    for key in KEYS {
        let stays: Vec<_> = tables.stays.iter().filter(|s| s.key == key).collect();
        for (stay, next) in stays.iter().zip(stays.iter().skip(1)) {
            if stay.to.is_none_or(|to| next.from < to) {
                return Some("two stays overlap".to_owned());
            }
        }
    }
    if tables.open_keys() != tables.member_keys() {
        return Some("the open stays are not the members".to_owned());
    }
    for (epoch, run) in &tables.ledger {
        let there = tables
            .stays
            .iter()
            .filter(|s| s.from <= *epoch && s.to.is_none_or(|to| *epoch < to));
        if there.fold(0, |keys, stay| keys | stay.key) != wanted(*run) {
            return Some(format!(
                "the history does not tell the members of epoch {epoch}"
            ));
        }
    }
    None
}

/// Clients were told the truth.
fn told(world: &World) -> Option<String> {
    for (n, run) in world.runs.iter().enumerate() {
        let number = number(n);
        let entry = world.tables.ledger.iter().find(|(_, r)| *r == number);
        let entry = entry.map(|(epoch, _)| *epoch);
        match run.client {
            Client::Told(Verdict::Published(epoch)) if entry != Some(epoch) => {
                return Some(format!(
                    "run {number} was told that it is published, and is not"
                ));
            }
            Client::Told(Verdict::NotPublished) if entry.is_some() => {
                return Some(format!(
                    "run {number} was told that it is not published, and is"
                ));
            }
            Client::Told(_)
            | Client::Waiting
            | Client::Running
            | Client::Asking { .. }
            | Client::Dead => {}
        }
    }
    None
}

/// Somebody looks for an edit that nobody made.
pub(super) fn false_alarm(world: &World) -> Option<String> {
    let edited = |run: &Run| run.client == Client::Told(Verdict::Edited);
    let told = world.runs.iter().position(edited)?;
    Some(format!(
        "run {} was told that somebody edited the tables by hand, and nobody did",
        number(told)
    ))
}
