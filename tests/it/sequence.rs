//! Sequences against a search that tries every choice of rows: random events, steps, `same`, `total`, zones where the clock
//! changes, months that clamp. Both plans have to agree with it.
//!
//! `SEGC_PROPTEST_CASES` raises the number of random projects; each asks several sequences of many customers.

use duckdb::Connection;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};
use proptest::prelude::*;
use segc::diag::Diagnostics;
use segc::ir::{self, Selection};
use segc::model::{Catalog, SegmentId, calendar, resolve, typing};
use segc::source::SourceMap;
use segc::spec::settings::{self, AsOfSpec};
use segc::{dialect, emit, project};
use std::collections::BTreeSet;
use std::fmt::Write as _;

const AS_OF: &str = "2026-03-10T13:00:00Z";

/// How the times of a project are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    Timestamp,
    Datetime,
    Date,
}

/// A time as a step sees it.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum When {
    At(Timestamp),
    Local(DateTime),
    Day(Date),
}

#[derive(Clone, Debug)]
struct Event {
    customer: u8,
    table: bool,
    kind: u8,
    same: Option<u8>,
    /// Index into `moments()`.
    at: usize,
}

#[derive(Clone, Debug)]
struct Step {
    did: bool,
    table: bool,
    kind: Option<u8>,
    within: Option<(u32, &'static str)>,
}

#[derive(Clone, Debug)]
struct Sequence {
    steps: Vec<Step>,
    same: bool,
    total: Option<(u32, &'static str)>,
}

/// Instants around changes of New York's clock and ends of months, so that later is not always later a month on.
fn moments() -> Vec<Timestamp> {
    let texts = [
        // clocks go back on 2 November at 06:00Z: 01:30 is there twice
        "2025-11-01T05:10:00Z",
        "2025-11-01T05:40:00Z",
        "2025-11-02T05:10:00Z",
        "2025-11-02T05:40:00Z",
        "2025-11-02T06:10:00Z",
        "2025-11-02T06:40:00Z",
        "2025-11-02T07:10:00Z",
        "2025-11-03T06:10:00Z",
        "2025-11-03T06:20:00Z",
        "2025-11-03T06:40:00Z",
        // ends of months
        "2026-01-28T10:00:00Z",
        "2026-01-29T11:00:00Z",
        "2026-01-30T09:30:00Z",
        "2026-01-31T09:00:00Z",
        "2026-02-28T09:00:00Z",
        "2026-02-28T09:15:00Z",
        "2026-02-28T09:45:00Z",
        "2026-02-28T10:00:00Z",
        "2026-02-28T11:30:00Z",
        // clocks go forward on 8 March at 07:00Z: there is no 02:30
        "2026-03-07T06:50:00Z",
        "2026-03-07T07:30:00Z",
        "2026-03-07T08:10:00Z",
        "2026-03-08T06:50:00Z",
        "2026-03-08T07:10:00Z",
        "2026-03-08T07:30:00Z",
        "2026-03-09T12:00:00Z",
        "2026-03-09T13:00:00Z",
        "2026-03-10T12:59:59Z",
        "2026-03-10T13:00:00Z",
        "2026-03-11T00:00:00Z",
    ];
    texts
        .iter()
        .map(|t| t.parse().expect("an instant"))
        .collect()
}

const DAYS_OR_LONGER: [(u32, &str); 6] = [
    (1, "day"),
    (2, "days"),
    (1, "week"),
    (1, "month"),
    (3, "months"),
    (1, "quarter"),
];
const SHORTER: [(u32, &str); 3] = [(30, "minutes"), (1, "hour"), (24, "hours")];

fn duration(kept: Kept) -> BoxedStrategy<(u32, &'static str)> {
    let long = proptest::sample::select(DAYS_OR_LONGER.to_vec());
    match kept {
        Kept::Date => long.boxed(),
        Kept::Timestamp | Kept::Datetime => {
            prop_oneof![3 => long, 1 => proptest::sample::select(SHORTER.to_vec())].boxed()
        }
    }
}

fn sequences(kept: Kept) -> impl Strategy<Value = Sequence> {
    let step = (
        prop::bool::weighted(0.65),
        any::<bool>(),
        prop::option::of(0u8..3),
        prop::option::of(duration(kept)),
    );
    let steps = prop::collection::vec(step, 2..6);
    (steps, any::<bool>(), prop::option::of(duration(kept))).prop_map(|(steps, same, total)| {
        let mut steps: Vec<Step> = steps
            .into_iter()
            .map(|(did, table, kind, within)| Step {
                did,
                table,
                kind,
                within,
            })
            .collect();
        steps[0].did = true;
        let last = steps.iter().rposition(|s| s.did).unwrap();
        for step in &mut steps[..last] {
            if !step.did {
                step.within = None;
            }
        }
        let total = total.filter(|_| last > 0);
        Sequence { steps, same, total }
    })
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = (
        0u8..24,
        any::<bool>(),
        0u8..3,
        prop::option::weighted(0.8, 0u8..2),
        0..moments().len(),
    );
    let event = event.prop_map(|(customer, table, kind, same, at)| Event {
        customer,
        table,
        kind,
        same,
        at,
    });
    prop::collection::vec(event, 0..260)
}

fn zone(name: &str) -> TimeZone {
    settings::zone(name).expect("a zone")
}

fn when(kept: Kept, at: Timestamp, zone: &TimeZone) -> When {
    match kept {
        Kept::Timestamp => When::At(at),
        Kept::Datetime => When::Local(zone.to_datetime(at)),
        Kept::Date => When::Day(zone.to_datetime(at).date()),
    }
}

/// `language.md` §5: elapsed time up to hours, the wall clock from days on.
fn plus(at: When, (count, unit): (u32, &str), zone: &TimeZone) -> When {
    let n = i64::from(count);
    let elapsed = match unit {
        "minutes" => Some(SignedDuration::from_mins(n)),
        "hour" | "hours" => Some(SignedDuration::from_hours(n)),
        _ => None,
    };
    let span = match unit {
        "day" | "days" => Span::new().days(n),
        "week" => Span::new().weeks(n),
        "month" | "months" => Span::new().months(n),
        _ => Span::new().months(3 * n),
    };
    match (at, elapsed) {
        (When::At(t), Some(d)) => When::At(t + d),
        (When::At(t), None) => When::At(
            t.to_zoned(zone.clone())
                .checked_add(span)
                .unwrap()
                .timestamp(),
        ),
        (When::Local(t), Some(d)) => When::Local(t.checked_add(d).unwrap()),
        (When::Local(t), None) => When::Local(t.checked_add(span).unwrap()),
        (When::Day(t), _) => When::Day(t.checked_add(span).unwrap()),
    }
}

/// One customer's past, and what a sequence asks of it.
struct Search<'a> {
    sequence: &'a Sequence,
    rows: Vec<(When, &'a Event)>,
    /// What has passed: an instant, or the last day that has begun.
    passed: When,
    zone: &'a TimeZone,
}

impl Search<'_> {
    fn is(&self, step: &Step, row: &Event, same: Option<u8>) -> bool {
        step.table == row.table
            && step.kind.is_none_or(|k| k == row.kind)
            && (!self.sequence.same || (row.same.is_some() && (same.is_none() || row.same == same)))
    }

    /// Whether the steps from `n` on can be matched after the row at `before`, the last one matched.
    fn matches(&self, n: usize, before: When, first: When, same: Option<u8>) -> bool {
        let steps = &self.sequence.steps;
        let Some(next) = (n..steps.len()).find(|i| steps[*i].did) else {
            let in_time = self
                .sequence
                .total
                .is_none_or(|d| before <= plus(first, d, self.zone));
            return in_time
                && steps[n..]
                    .iter()
                    .all(|step| self.not_after(step, before, same));
        };
        self.rows.iter().any(|(at, row)| {
            *at > before
                && self.is(&steps[next], row, same)
                && steps[next]
                    .within
                    .is_none_or(|d| *at <= plus(before, d, self.zone))
                && steps[n..next].iter().all(|not| {
                    let between =
                        |(t, r): &(When, &Event)| *t > before && *t < *at && self.is(not, r, same);
                    !self.rows.iter().any(between)
                })
                && self.matches(next + 1, *at, first, same)
        })
    }

    fn not_after(&self, step: &Step, before: When, same: Option<u8>) -> bool {
        let end = step.within.map(|d| plus(before, d, self.zone));
        end.is_none_or(|end| end <= self.passed)
            && !self.rows.iter().any(|(t, r)| {
                *t > before && end.is_none_or(|end| *t <= end) && self.is(step, r, same)
            })
    }

    fn holds(&self) -> bool {
        let Some(step) = self.sequence.steps.first() else {
            return false;
        };
        let as_of: Timestamp = AS_OF.parse().unwrap();
        // The first step's window: `within` is counted back from as_of.
        let from = step.within.map(|(count, unit)| {
            let unit = unit.trim_end_matches('s');
            let back = |n: i64| match unit {
                "minute" => as_of - SignedDuration::from_mins(n),
                "hour" => as_of - SignedDuration::from_hours(n),
                "day" => self.back(as_of, Span::new().days(n)),
                "week" => self.back(as_of, Span::new().weeks(n)),
                "month" => self.back(as_of, Span::new().months(n)),
                _ => self.back(as_of, Span::new().months(3 * n)),
            };
            let instant = back(i64::from(count));
            match self.passed {
                When::At(_) => When::At(instant),
                When::Local(_) => When::Local(self.zone.to_datetime(instant)),
                // E is the day after the last one that has begun.
                When::Day(last) => {
                    let e = last.tomorrow().unwrap();
                    let n = i64::from(count);
                    When::Day(match unit {
                        "day" => e.checked_sub(Span::new().days(n)).unwrap(),
                        "week" => e.checked_sub(Span::new().weeks(n)).unwrap(),
                        "month" => e.checked_sub(Span::new().months(n)).unwrap(),
                        _ => e.checked_sub(Span::new().months(3 * n)).unwrap(),
                    })
                }
            }
        });
        self.rows.iter().any(|(at, row)| {
            self.is(step, row, None)
                && from.is_none_or(|from| *at >= from)
                && self.matches(1, *at, *at, row.same.filter(|_| self.sequence.same))
        })
    }

    fn back(&self, at: Timestamp, span: Span) -> Timestamp {
        at.to_zoned(self.zone.clone())
            .checked_sub(span)
            .unwrap()
            .timestamp()
    }
}

fn yaml(kept: Kept, sequences: &[Sequence]) -> String {
    let ty = match kept {
        Kept::Timestamp => "timestamp",
        Kept::Datetime => "datetime",
        Kept::Date => "date",
    };
    let columns = format!("{{customer_id: int, kind: int, same: int, t: {ty}}}");
    let mut out = format!(
        "entities:\n  - name: customer\n    table: customers\n    key: customer_id\n    columns: {{customer_id: int}}\n    \
         relations:\n      - {{name: a, table: a, on: customer_id, time: t, columns: {columns}}}\n      \
         - {{name: b, table: b, on: customer_id, time: t, columns: {columns}}}\nsegments:\n"
    );
    for (n, sequence) in sequences.iter().enumerate() {
        let _ = write!(out, "  - name: s{n}\n    where:\n      sequence:\n");
        for step in &sequence.steps {
            let word = if step.did { "did" } else { "did_not" };
            let table = if step.table { "a" } else { "b" };
            let _ = write!(out, "        - {{{word}: {table}");
            if let Some(kind) = step.kind {
                let _ = write!(out, ", where: kind = {kind}");
            }
            if let Some((count, unit)) = step.within {
                let _ = write!(out, ", within: {count} {unit}");
            }
            out.push_str("}\n");
        }
        if sequence.same {
            out.push_str("      same: same\n");
        }
        if let Some((count, unit)) = sequence.total {
            let _ = writeln!(out, "      total: {count} {unit}");
        }
    }
    out
}

fn tables(kept: Kept, events: &[Event], zone: &TimeZone) -> String {
    let ty = match kept {
        Kept::Timestamp => "timestamptz",
        Kept::Datetime => "timestamp",
        Kept::Date => "date",
    };
    let mut out =
        "create table customers as select i::bigint as customer_id from range(0, 24) t(i);\n"
            .to_owned();
    for (table, name) in [(true, "a"), (false, "b")] {
        let _ = writeln!(
            out,
            "create table {name} (customer_id bigint, kind bigint, same bigint, t {ty});"
        );
        let rows: Vec<String> = events
            .iter()
            .filter(|e| e.table == table)
            .map(|event| {
                let t = match when(kept, moments()[event.at], zone) {
                    When::At(t) => t.to_string(),
                    When::Local(t) => t.to_string(),
                    When::Day(t) => t.to_string(),
                };
                let same = event
                    .same
                    .map_or_else(|| "null".to_owned(), |s| s.to_string());
                format!("({}, {}, {same}, '{t}')", event.customer, event.kind)
            })
            .collect();
        if !rows.is_empty() {
            let _ = writeln!(out, "insert into {name} values {};", rows.join(", "));
        }
    }
    out
}

/// The members of each sequence, by both plans.
fn computed(
    kept: Kept,
    zone_name: &str,
    events: &[Event],
    sequences: &[Sequence],
) -> Vec<BTreeSet<u8>> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("segments")).unwrap();
    let settings = format!(
        "name: random\nversion: 1\ntime_zone: {zone_name}\ntargets: {{dev: {{type: duckdb, path: x.duckdb}}}}\n"
    );
    std::fs::write(dir.path().join("segc.yml"), settings).unwrap();
    let text = yaml(kept, sequences);
    std::fs::write(dir.path().join("segments/s.yml"), &text).unwrap();
    let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
    let project = project::load(dir.path().to_owned(), None, &mut sources, &mut diags).unwrap();
    let zone = zone(zone_name);
    let as_of =
        calendar::resolve_as_of(&AsOfSpec::of(AS_OF), Timestamp::UNIX_EPOCH, &zone).unwrap();
    let facts = typing::Context {
        as_of,
        time_zone: zone.clone(),
        week_start: project.settings.week_start,
        vars: Vec::new(),
    };
    let catalog = Catalog::default();
    let model = resolve::resolve(
        &project.spec,
        &project.settings,
        &catalog,
        &facts,
        &mut diags,
    );
    let found: Vec<_> = diags.iter().map(|d| (d.code.id, &d.message)).collect();
    assert!(!diags.has_errors(), "{found:?}\n{text}");
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("set threads = 1; set autoload_known_extensions = false")
        .unwrap();
    connection
        .execute_batch(&tables(kept, events, &zone))
        .unwrap();
    let all = Selection {
        segments: (0..sequences.len() as u32).map(SegmentId).collect(),
        ..Selection::default()
    };
    let naive = ir::lower(&model, &all).pop().unwrap();
    let optimised = ir::optimize(naive.clone(), &model, &ir::Costs::MEASURED, &mut |_, _| {});
    let answers = [naive, optimised].map(|plan| {
        let query = emit::query(
            &plan,
            &model,
            dialect::find("duckdb").unwrap(),
            &mut Diagnostics::default(),
        );
        for statement in &query.prelude {
            connection.execute_batch(statement).unwrap();
        }
        let columns: Vec<String> = (0..sequences.len()).map(|n| format!("seg_s{n}")).collect();
        let sql = format!(
            "select entity_key, {} from (\n{}\n)",
            columns.join(", "),
            query.sql
        );
        let mut statement = connection
            .prepare(&sql)
            .unwrap_or_else(|e| panic!("{e}\n{sql}"));
        let mut rows = statement.query([]).unwrap();
        let mut members = vec![BTreeSet::new(); sequences.len()];
        while let Some(row) = rows.next().unwrap() {
            let key: i64 = row.get(0).unwrap();
            for (n, members) in members.iter_mut().enumerate() {
                if row.get::<_, bool>(n + 1).expect("never NULL") {
                    members.insert(u8::try_from(key).unwrap());
                }
            }
        }
        members
    });
    assert_eq!(answers[0], answers[1], "naive, optimised\n{text}");
    answers[0].clone()
}

fn searched(kept: Kept, zone: &TimeZone, events: &[Event], sequence: &Sequence) -> BTreeSet<u8> {
    let as_of: Timestamp = AS_OF.parse().unwrap();
    let moments = moments();
    (0u8..24)
        .filter(|customer| {
            let passed = when(kept, as_of, zone);
            let past = |t: When| match kept {
                // The day has begun, as the time of day is not midnight in either zone.
                Kept::Date => t <= passed,
                Kept::Timestamp | Kept::Datetime => t < passed,
            };
            let rows = events
                .iter()
                .filter(|e| e.customer == *customer)
                .map(|e| (when(kept, moments[e.at], zone), e))
                .filter(|(t, _)| past(*t))
                .collect();
            Search {
                sequence,
                rows,
                passed,
                zone,
            }
            .holds()
        })
        .collect()
}

fn cases() -> u32 {
    std::env::var("SEGC_PROPTEST_CASES")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(8)
}

#[test]
fn a_sequence_holds_where_any_choice_of_rows_satisfies_it() {
    let kept = proptest::sample::select(vec![
        Kept::Timestamp,
        Kept::Timestamp,
        Kept::Datetime,
        Kept::Date,
    ]);
    let projects = kept.prop_flat_map(|kept| {
        (
            Just(kept),
            proptest::sample::select(vec!["UTC", "America/New_York"]),
            events(),
            prop::collection::vec(sequences(kept), 6),
        )
    });
    // Each also with other first windows, which the optimised plan computes with it.
    let projects = projects.prop_map(|(kept, zone, events, sequences)| {
        let wider = |s: &Sequence| {
            [None, Some((9, "days"))].map(|within| {
                let mut s = s.clone();
                if let Some(first) = s.steps.first_mut() {
                    first.within = within;
                }
                s
            })
        };
        let wider: Vec<Sequence> = sequences.iter().take(3).flat_map(wider).collect();
        (kept, zone, events, [sequences, wider].concat())
    });
    let mut config = ProptestConfig::with_cases(cases());
    config.failure_persistence = None;
    config.max_shrink_iters = 400;
    proptest!(config, |((kept, zone_name, events, sequences) in projects)| {
        let computed = computed(kept, zone_name, &events, &sequences);
        for (n, sequence) in sequences.iter().enumerate() {
            let searched = searched(kept, &zone(zone_name), &events, sequence);
            prop_assert_eq!(&computed[n], &searched, "{:?}", sequence);
        }
    });
}
