//! Says what is wrong with published tables, in plain Rust over their rows and without a line of segc's own: the list at the
//! end of `reliability.md`. The ledger is replayed over what each run must have changed; every table must be what comes out.

use super::replay::Replayed;
use super::scene::Change;
use super::seen::{Lines, Seen};

/// Everything that is wrong. `changes` is what runs were to change, in the order of epochs; at least so many must be there.
pub(super) fn verify(seen: &Seen, changes: &[Change], at_least: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    none("staging is left", &seen.staging, &mut wrong);
    let runs = seen.runs();
    if runs.len() < at_least {
        wrong.push(format!(
            "{at_least} runs were acknowledged, {} are there",
            runs.len()
        ));
    }
    if runs.len() > changes.len() {
        wrong.push(format!(
            "{} runs were to be published, {} were",
            changes.len(),
            runs.len()
        ));
    }
    if runs.is_empty() {
        let left: Lines = seen.tables.keys().map(|name| vec![name.clone()]).collect();
        none("a first build left something", &left, &mut wrong);
        return wrong;
    }
    ledger(seen, &runs, &mut wrong);
    let mut replayed = Replayed::default();
    for (change, (_, run)) in changes.iter().zip(&runs) {
        replayed.change(change, run);
    }
    for entity in ["customer", "account"] {
        stays_are_sound(seen, entity, &mut wrong);
        tables(seen, entity, &replayed, &mut wrong);
    }
    counted(seen, &replayed, &mut wrong);
    wrong
}

/// Complains about rows that must not be.
fn none(what: &str, found: &Lines, wrong: &mut Vec<String>) {
    if let Some(first) = found.first() {
        wrong.push(format!("{what}: {} times, first {first:?}", found.len()));
    }
}

/// Complains about rows that are there more than once.
fn once(what: &str, rows: &Lines, wrong: &mut Vec<String>) {
    let twice = rows.windows(2).filter(|pair| pair[0] == pair[1]);
    let twice: Lines = twice.map(|pair| pair[0].clone()).collect();
    none(&format!("{what} is there twice"), &twice, wrong);
}

/// Complains where rows are not those that must be there.
fn same(what: &str, is: &Lines, mut must: Lines, wrong: &mut Vec<String>) {
    must.sort();
    if *is != must {
        let beyond = |a: &Lines, b: &Lines| -> Lines {
            let other = a.iter().filter(|row| !b.contains(row));
            other.take(4).cloned().collect()
        };
        wrong.push(format!(
            "{what}: {} rows instead of {}; {:?} are too many, {:?} are missing",
            is.len(),
            must.len(),
            beyond(is, &must),
            beyond(&must, is)
        ));
    }
}

/// Epochs are 1, 2, 3 …, the state is the last one's, and every row is of a published run.
fn ledger(seen: &Seen, runs: &[(u64, String)], wrong: &mut Vec<String>) {
    if !(1..).zip(runs).all(|(n, (epoch, _))| n == *epoch) {
        wrong.push(format!("epochs are not dense: {runs:?}"));
    }
    once("a run", &seen.of("segc_runs", &["run_id"]), wrong);
    let last = runs
        .last()
        .map(|(epoch, run)| vec![epoch.to_string(), run.clone()]);
    let state = seen.of("segc_state", &["epoch", "run_id"]);
    same("state", &state, last.into_iter().collect(), wrong);
    for (relation, columns) in [
        ("segc_run_segments", &["run_id"][..]),
        ("segc_catalog", &["run_id"]),
        ("customer_members", &["run_id"]),
        ("customer_traits", &["run_id"]),
        ("customer_channels", &["run_id"]),
        ("customer_history", &["entered_run", "exited_run"]),
        ("account_members", &["run_id"]),
        ("account_traits", &["run_id"]),
        ("account_history", &["entered_run", "exited_run"]),
    ] {
        for column in columns {
            let mut unknown = seen.of(relation, &[column]);
            let known = |run: &String| run == "-" || runs.iter().any(|(_, r)| r == run);
            unknown.retain(|row| !row.iter().all(known));
            none(
                &format!("{relation}: {column} is no published run"),
                &unknown,
                wrong,
            );
        }
    }
    let (_, head) = runs.last().cloned().unwrap_or_default();
    let mut noted = seen.of("segc_runs", &["run_id", "members_checksum"]);
    noted.retain(|row| row[0] == head);
    same(
        "checksum",
        &noted,
        vec![vec![head, seen.checksum.clone()]],
        wrong,
    );
}

/// What holds of members and stays whatever the definitions are.
fn stays_are_sound(seen: &Seen, entity: &str, wrong: &mut Vec<String>) {
    let whose = ["segment", "entity_key"];
    let members = seen.of(&format!("{entity}_members"), &whose);
    let stays = seen.of(
        &format!("{entity}_history"),
        &[
            "segment",
            "entity_key",
            "valid_from",
            "valid_to",
            "exited_run",
        ],
    );
    let open = |stay: &&Vec<String>| stay[3] == "-";
    let opened: Lines = stays
        .iter()
        .filter(open)
        .map(|stay| stay[..2].to_vec())
        .collect();
    once("a member", &members, wrong);
    once("an open stay", &opened, wrong);
    same("open stays of members", &opened, members, wrong);
    let only = |wanted: &dyn Fn(&Vec<String>) -> bool| -> Lines {
        stays.iter().filter(|stay| wanted(stay)).cloned().collect()
    };
    none(
        "a stay is empty",
        &only(&|stay| stay[3] != "-" && stay[3] <= stay[2]),
        wrong,
    );
    none(
        "a stay is half closed",
        &only(&|stay| (stay[3] == "-") != (stay[4] == "-")),
        wrong,
    );
    // They are sorted by segment, key and begin.
    let overlap = |pair: &&[Vec<String>]| {
        pair[0][..2] == pair[1][..2] && (pair[0][3] == "-" || pair[0][3] > pair[1][2])
    };
    let overlapping: Lines = stays
        .windows(2)
        .filter(overlap)
        .map(|pair| pair[1].clone())
        .collect();
    none("stays overlap", &overlapping, wrong);
}

/// Members, stays, changes and views of an entity are those that the runs must have left.
fn tables(seen: &Seen, entity: &str, replayed: &Replayed, wrong: &mut Vec<String>) {
    let of = |e: &String| e == entity;
    let relation = |what: &str| format!("{entity}_{what}");
    let members = seen.of(
        &relation("members"),
        &["segment", "entity_key", "since", "run_id"],
    );
    let must = (replayed.members.iter())
        .filter(|((e, ..), _)| of(e))
        .map(|((_, s, k), (at, run))| vec![s.clone(), k.clone(), at.clone(), run.clone()]);
    same(&relation("members"), &members, must.collect(), wrong);
    let (mut stays, mut changes) = (Vec::new(), Vec::new());
    for stay in replayed.stays.iter().filter(|stay| of(&stay.of.0)) {
        let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let (_, s, k) = &stay.of;
        let (end, by) = (or(&stay.to), or(&stay.exited));
        let row = [s, k, &stay.from, &end, &stay.entered, &by];
        stays.push(row.map(Clone::clone).to_vec());
        let change = |run: &String, at: &String, what: &str| {
            let row = [run, at, s, k].map(Clone::clone);
            [&row[..], &[what.to_owned()]].concat()
        };
        changes.push(change(&stay.entered, &stay.from, "entered"));
        if stay.exited.is_some() {
            changes.push(change(&by, &end, "exited"));
        }
    }
    let columns = [
        "segment",
        "entity_key",
        "valid_from",
        "valid_to",
        "entered_run",
        "exited_run",
    ];
    same(
        &relation("history"),
        &seen.of(&relation("history"), &columns),
        stays,
        wrong,
    );
    let columns = ["run_id", "as_of", "segment", "entity_key", "change"];
    same(
        &relation("changes"),
        &seen.of(&relation("changes"), &columns),
        changes,
        wrong,
    );
    for (_, segment) in replayed.live.iter().filter(|(e, _)| of(e)) {
        let view = format!("seg_{segment}");
        let must = (replayed.members.keys())
            .filter(|(e, s, _)| of(e) && s == segment)
            .map(|(_, _, key)| vec![key.clone()]);
        same(
            &view,
            &seen.of(&view, &[&relation("id")]),
            must.collect(),
            wrong,
        );
    }
}

/// What the ledger counted, and what else a build writes.
fn counted(seen: &Seen, replayed: &Replayed, wrong: &mut Vec<String>) {
    let columns = ["run_id", "segment", "members", "entered", "exited"];
    let must = replayed.counts.iter().map(|(run, s, m, i, o)| {
        vec![
            run.clone(),
            s.clone(),
            m.to_string(),
            i.to_string(),
            o.to_string(),
        ]
    });
    same(
        "counts",
        &seen.of("segc_run_segments", &columns),
        must.collect(),
        wrong,
    );
    let must = replayed.live.iter().map(|(e, s)| {
        let in_it = replayed
            .members
            .keys()
            .filter(|(of, name, _)| (of, name) == (e, s));
        vec![e.clone(), s.clone(), in_it.count().to_string()]
    });
    let columns = ["entity", "segment", "members"];
    same(
        "catalog",
        &seen.of("segc_catalog", &columns),
        must.collect(),
        wrong,
    );
    let people = replayed.people.iter().map(|(key, (email, run))| {
        let email = email.clone().unwrap_or_else(|| "-".to_owned());
        vec![key.clone(), email, run.clone()]
    });
    let people: Lines = people.collect();
    let reached = people.iter().filter(|row| row[1] != "-");
    let reached = reached.map(|row| vec![row[0].clone(), "email".to_owned(), row[2].clone()]);
    let columns = ["entity_key", "channel", "run_id"];
    same(
        "channels",
        &seen.of("customer_channels", &columns),
        reached.collect(),
        wrong,
    );
    // A row is of the run that changed it last: a published one, as `ledger` looks.
    let traits = people.into_iter().map(|row| row[..2].to_vec());
    let columns = ["entity_key", "email"];
    same(
        "traits",
        &seen.of("customer_traits", &columns),
        traits.collect(),
        wrong,
    );
}
