//! Which builds make a history: one per date, in order, of the segments that have none yet. What is done already is known from
//! the ledger alone, so a backfill that was stopped goes on where it was.

use super::published::entity_name;
use crate::diag::codes::history as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::ir::Selection;
use crate::model::{Model, Segment};
use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// How far dates are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    Day,
    Week,
    Month,
}

/// The dates from the first one on, as far as the last one. Months are counted from the first date: the 31st is a month's
/// last day where it has none.
#[must_use]
pub fn dates(from: Date, to: Date, every: Every) -> Vec<Date> {
    let nth = |n: i32| {
        let after = match every {
            Every::Day => Span::new().try_days(n),
            Every::Week => Span::new().try_weeks(n),
            Every::Month => Span::new().try_months(n),
        };
        after.and_then(|span| from.checked_add(span)).ok()
    };
    (0..)
        .map_while(nth)
        .take_while(|date| *date <= to)
        .collect()
}

/// What the ledger says was selected begins with this word where a backfill published a date; a build says `--select …`, or nothing.
pub const BACKFILL: &str = "backfill";

/// What the ledger says of a segment in one published run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub segment: String,
    pub entity: String,
    pub as_of: Timestamp,
    /// Empty where the run retired it.
    pub definition_hash: String,
    /// Whether it was a run of a backfill, which no guard applied to.
    pub backfilled: bool,
}

/// One build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub date: Date,
    pub segments: Vec<String>,
}

/// The builds that are left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backfill {
    pub steps: Vec<Step>,
    /// Segments that have a history which no backfill over these dates began.
    pub left_alone: Vec<String>,
}

/// Plans the builds over `dates` (each with its instant). A segment that was asked for by name must have no other history.
pub fn plan(
    model: &Model,
    selection: &Selection,
    by_name: bool,
    dates: &[(Date, Timestamp)],
    ledger: &[Answer],
    diags: &mut Diagnostics,
) -> Backfill {
    let mut backfill = Backfill::default();
    let mut done: Vec<(&Segment, usize)> = Vec::new();
    for id in &selection.segments {
        let Some(segment) = model.segments.get(id.index()) else {
            continue;
        };
        match begun(model, segment, dates, ledger) {
            Ok(n) => done.push((segment, n)),
            Err(last) if by_name => diags.push(exists(segment, last)),
            Err(_) => backfill.left_alone.push(segment.name.clone()),
        }
    }
    for (n, (date, _)) in dates.iter().enumerate() {
        let open = done.iter().filter(|(_, done)| *done <= n);
        let segments: Vec<String> = open.map(|(segment, _)| segment.name.clone()).collect();
        if !segments.is_empty() {
            backfill.steps.push(Step {
                date: *date,
                segments,
            });
        }
    }
    backfill
}

/// How many of the dates are done; `Err` is the last `as_of` of another history.
fn begun(
    model: &Model,
    segment: &Segment,
    dates: &[(Date, Timestamp)],
    ledger: &[Answer],
) -> Result<usize, Timestamp> {
    let entity = entity_name(model, segment);
    let former = segment.upkeep.renamed_from.as_ref().map(|(name, _)| name);
    let own = |a: &&Answer| {
        a.entity == entity && (a.segment == segment.name || former == Some(&a.segment))
    };
    let answers: Vec<&Answer> = ledger.iter().filter(own).collect();
    let same = |(answer, (_, at)): (&&Answer, &(Date, Timestamp))| {
        answer.backfilled
            && answer.as_of == *at
            && answer.segment == segment.name
            && answer.definition_hash == segment.definition_hash
    };
    let alike = answers.len() <= dates.len() && answers.iter().zip(dates).all(same);
    match answers.iter().map(|a| a.as_of).max() {
        Some(last) if !alike => Err(last),
        Some(_) | None => Ok(answers.len()),
    }
}

fn exists(segment: &Segment, last: Timestamp) -> Diagnostic {
    Diagnostic::error(
        &codes::HISTORY_EXISTS,
        format!("segment `{}` has a history already", segment.name),
    )
    .at(segment.span, "published before")
    .note(format!("it was last published as of {last}"))
    .help("leave it out: a history is built once, and goes forward from there")
}
