//! The shop that is crashed into: its data and definitions of each day, and, told in plain Rust, who is in which segment then.
//! The verifier believes these closures; the conditions in SQL beside them are what segc is given.

use std::collections::{BTreeMap, BTreeSet};

use crate::publish::shop::{Seg, Shop, at, seg};
use segc::build::Policy;
use segc::emit::{CheckKind, CheckQuery, EntityQuery};
use segc::engine::Engine;
use segc::engine::duckdb::DuckDb;
use segc::model::{EntityId, Model};
use segc::source::{FileId, Span};

/// One customer on one day.
struct Customer {
    id: i64,
    email: Option<String>,
    vip: bool,
    out: bool,
}

fn customers(day: i64) -> Vec<Customer> {
    (1..=12)
        .filter(|id| *id != 10 + day % 3)
        .map(|id| Customer {
            id,
            email: (id % 4 != 0).then(|| format!("c{id}@{day}")),
            vip: (id * 7 + day * 3) % 5 < 2,
            out: (id + day) % 6 == 0,
        })
        .collect()
}

/// The accounts, and whether they are big.
fn accounts(day: i64) -> Vec<(String, bool)> {
    (1..=5)
        .map(|n| (format!("a{n}"), (n + day) % 3 != 0))
        .collect()
}

/// Makes the sources what they are on a day.
pub(super) fn stock(db: &mut DuckDb, day: i64) {
    let optional = |text: &Option<String>| {
        let quoted = text.as_ref().map(|t| format!("'{t}'"));
        quoted.unwrap_or_else(|| "NULL".to_owned())
    };
    let people: Vec<String> = customers(day)
        .iter()
        .map(|c| format!("({}, {}, {})", c.id, optional(&c.email), c.vip))
        .collect();
    let out: Vec<String> = customers(day)
        .iter()
        .filter(|c| c.out)
        .map(|c| format!("({})", c.id))
        .collect();
    let firms: Vec<String> = accounts(day)
        .iter()
        .map(|(id, big)| format!("('{id}', {big})"))
        .collect();
    for sql in [
        "create table if not exists customers (customer_id integer, email varchar, vip boolean)",
        "create table if not exists opt_outs (customer_id integer)",
        "create table if not exists accounts (account_id varchar, big boolean)",
        "delete from customers",
        "delete from opt_outs",
        "delete from accounts",
        &format!("insert into customers values {}", people.join(", ")),
        &format!("insert into opt_outs values {}", out.join(", ")),
        &format!("insert into accounts values {}", firms.join(", ")),
    ] {
        db.execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
}

/// What a run is to change, in plain Rust.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Build(Build),
    /// Customers are erased.
    Forget(BTreeSet<String>),
    /// The history of a segment is erased.
    Prune(&'static str),
    /// Everything is again as it was.
    Repair,
}

/// Which table of members, segment and key.
pub(super) type Member = (&'static str, &'static str, String);

#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) as_of: jiff::Timestamp,
    /// Segments that are published: entity, name.
    pub(super) segments: BTreeSet<(&'static str, &'static str)>,
    pub(super) members: BTreeSet<Member>,
    /// Segments of customers that are not in the project any more.
    pub(super) retired: Vec<&'static str>,
    /// Of customers: (old name, new name).
    pub(super) renamed: Option<(&'static str, &'static str)>,
    /// Key → e-mail of all customers; None where a date of the past is built.
    pub(super) people: Option<BTreeMap<String, Option<String>>>,
}

/// The definitions of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Era {
    /// Until the run that is disturbed.
    Before,
    /// In that run: `former` is `loyal` now, `gone` is gone, `fresh` is new and exposes a column that the traits have not yet.
    Then,
    /// A segment whose past is built.
    Past,
}

/// A segment: its name, its entity and who is in it.
type Definition = (&'static str, &'static str, fn(&Customer, i64) -> bool);

const BIG: &str = "big";

fn definitions(era: Era) -> Vec<Definition> {
    let vip: Definition = ("vip", "customer", |c, _| c.vip && !c.out);
    let all: Definition = ("all", "customer", |_, _| true);
    match era {
        Era::Before => vec![
            vip,
            all,
            ("former", "customer", |c, _| c.id > 3 && !c.out),
            ("gone", "customer", |c, _| c.id < 6 && !c.out),
        ],
        Era::Then => vec![
            vip,
            all,
            ("loyal", "customer", |c, _| c.id > 3 && !c.out),
            ("fresh", "customer", |c, _| !c.vip && !c.out),
        ],
        Era::Past => vec![("past", "customer", |c, day| (c.id + day) % 5 < 2 && !c.out)],
    }
}

/// What the build of an era on a day publishes. A past is computed of the sources as they are, on `stocked`.
pub(super) fn build(era: Era, day: i64, stocked: i64) -> Build {
    let definitions = definitions(era);
    let mut segments: BTreeSet<_> = definitions
        .iter()
        .map(|(name, of, _)| (*of, *name))
        .collect();
    let mut members = BTreeSet::new();
    for (name, of, belongs) in definitions {
        for c in customers(stocked).iter().filter(|c| belongs(c, day)) {
            members.insert((of, name, c.id.to_string()));
        }
    }
    if era != Era::Past {
        segments.insert(("account", BIG));
        let big = accounts(stocked).into_iter().filter(|(_, big)| *big);
        members.extend(big.map(|(id, _)| ("account", BIG, id)));
    }
    let people = customers(stocked).into_iter();
    Build {
        as_of: at(day),
        segments,
        members,
        retired: (era == Era::Then).then_some("gone").into_iter().collect(),
        renamed: (era == Era::Then).then_some(("former", "loyal")),
        people: (era != Era::Past).then(|| people.map(|c| (c.id.to_string(), c.email)).collect()),
    }
}

/// The same, as segc is given it.
pub(super) struct Told {
    pub(super) model: Model,
    pub(super) policy: Policy,
    pub(super) queries: Vec<EntityQuery>,
    pub(super) checks: Vec<CheckQuery>,
}

fn written(era: Era, day: i64) -> Vec<Seg> {
    let mut segments = match era {
        Era::Before => vec![
            seg("former").flag("customer_id > 3"),
            seg("gone").flag("customer_id < 6"),
        ],
        Era::Then => vec![
            seg("loyal").flag("customer_id > 3"),
            seg("fresh").flag("not vip").expose("vip"),
        ],
        Era::Past => {
            let past = format!("(customer_id + {day}) % 5 < 2");
            return [written(Era::Before, day), vec![seg("past").flag(&past)]].concat();
        }
    };
    segments.extend([
        seg("vip").expose("email").channel(0),
        seg("all").flag("true").unsuppressed(),
        seg(BIG).of_account("big"),
    ]);
    segments
}

/// The project of an era on a day, and a run over it.
pub(super) fn told(era: Era, day: i64, run: u32) -> Told {
    let shop = Shop {
        suppressed: Some("customer_id in (select customer_id from opt_outs)"),
        suppressor: Some("select customer_id as entity_key from opt_outs"),
        channels: vec![("email", "email is not null")],
        wide: true,
        runs: run,
        ..Shop::default()
    };
    let segments = written(era, day);
    let mut model = shop.model(&segments, at(day));
    for segment in &mut model.segments {
        if segment.name == "loyal" {
            segment.upkeep.renamed_from = Some(("former".to_owned(), segment.span));
        }
        if segment.name == "past" {
            // Windows end at the instant; the definition is one.
            segment.definition_hash = "past".to_owned();
        }
    }
    let names: Vec<&str> = match era {
        Era::Past => vec!["past"],
        Era::Before | Era::Then => segments.iter().map(|s| s.name.as_str()).collect(),
    };
    let mut policy = shop.policy(&model, &names, era != Era::Past);
    policy.backfill = era == Era::Past;
    let mut queries = shop.queries(&segments, &policy);
    for query in queries.iter_mut().skip(1) {
        // Accounts do not opt out.
        query.suppressors.clear();
    }
    Told {
        model,
        policy,
        queries,
        checks: vec![CheckQuery {
            entities: vec![EntityId(0)],
            kind: CheckKind::TimeNull,
            what: "customers.customer_id".to_owned(),
            span: Span::new(FileId(0), 0, 1),
            counted: None,
            sql: "select count(*) as violations from customers where customer_id is null"
                .to_owned(),
        }],
    }
}
