//! Tests of specs (`language.md` §8): the rows that a test gives, what it expects, and whether that came true.
//!
//! A test asks what a build would ask: the same model, plan and SQL, and the same checks of the sources first. Only the tables
//! are others: those of a database in memory. [`prepare`] checks a test against the
//! resolved project and says everything that is wrong with it; [`job`] makes statements of it, which [`run`](run::run) sends to
//! processes of their own (`engine::sandbox`); `judge` compares. What no test
//! distinguishes is `cover`'s to say.

mod canon;
mod cover;
mod edge;
mod expect;
pub mod fixture;
mod given;
mod held_out;
mod judge;
pub mod run;
pub mod suite;
mod tables;
mod value;

pub use expect::Expected;
pub use given::{Given, ReadFixture};
pub use tables::over_given;

use crate::Compiled;
use crate::diag::codes::testing as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::Dialect;
use crate::emit::{CheckKind, EntityQuery};
use crate::engine::job::{Check, Job};
use crate::ir::Selection;
use crate::model::{Model, calendar};
use crate::source::Span;
use crate::spec::settings::AsOfSpec;
use crate::spec::test::TestSpec;
use crate::spec::{Settings, Spec};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The project that a test is checked against, as of the test's instant and with its vars.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub model: &'a Model,
    pub spec: &'a Spec,
}

/// Rows of a file, as texts; an empty one is null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixture {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// A test that fits its project.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub given: Given,
    pub expected: Expected,
}

impl Prepared {
    /// What has to be computed.
    #[must_use]
    pub fn selection(&self) -> Selection {
        let mut segments = self.expected.segments.clone();
        segments.sort_unstable();
        segments.dedup();
        Selection {
            segments,
            traits: self.expected.traits.clone(),
            ..Selection::default()
        }
    }
}

/// The instant of a test: its own, else `fallback` (`--as-of`), else the project's.
pub fn as_of(
    test: &TestSpec,
    settings: &Settings,
    fallback: Option<&AsOfSpec>,
    zone: &TimeZone,
    diags: &mut Diagnostics,
) -> Option<Timestamp> {
    let (spec, span) = match (&test.as_of, fallback) {
        (Some(text), _) => (AsOfSpec::of(text), text.span),
        (None, Some(spec)) => (spec.clone(), test.name.span),
        (None, None) => (settings.as_of.value.clone(), test.name.span),
    };
    let AsOfSpec::At(_) = &spec else {
        diags.push(
            Diagnostic::error(&codes::NO_AS_OF, "the test has no instant")
                .at(span, "as of when?")
                .help("add `as_of: 2026-01-31 09:00`"),
        );
        return None;
    };
    match calendar::resolve_as_of(&spec, Timestamp::UNIX_EPOCH, zone) {
        Ok(at) => Some(at),
        Err(problem) => {
            diags.push(
                Diagnostic::error(&codes::NO_AS_OF, problem)
                    .at(span, "expected a date, a local time or an instant")
                    .help("write a time as in 2026-01-31, 2026-01-31 09:00 or 2026-01-31T09:00Z"),
            );
            None
        }
    }
}

/// Checks a test against the project; None after an error. `read` reads the files that it names.
pub fn prepare(
    test: &TestSpec,
    cx: &Context<'_>,
    read: &mut ReadFixture<'_>,
    diags: &mut Diagnostics,
) -> Option<Prepared> {
    let Some(given) = given::given(test, cx, read, diags) else {
        // What it is about can be judged without rows.
        expect::subject(test, cx.model, &cx.spec.broken, diags);
        return None;
    };
    let expected = expect::expected(test, cx, &given, diags)?;
    if !held_out::check(test, cx, &given, expected.entity, diags) {
        return None;
    }
    Some(Prepared { given, expected })
}

/// Whether a check could find what makes a build refuse: those of the entity's key cannot where the keys given are all there and
/// all different.
fn matters(kind: CheckKind, keys_are_good: bool) -> bool {
    match kind {
        CheckKind::EntityKeyNull | CheckKind::EntityKeyDuplicate => !keys_are_good,
        CheckKind::JoinDuplicate | CheckKind::ListKeyNull | CheckKind::SuppressorKeyNull => true,
        // A few rows are all that a test needs.
        CheckKind::TimeNull
        | CheckKind::SuppressorFew(_)
        | CheckKind::SuppressorStale
        | CheckKind::Rows => false,
    }
}

/// The statements of a test, and the query whose rows tell whether it passes. `model` is [`over_given`], `compiled` made from it.
#[must_use]
pub fn job(
    prepared: &Prepared,
    model: &Model,
    compiled: &Compiled,
    dialect: &dyn Dialect,
) -> Option<Job> {
    let query = compiled.queries.first()?;
    let entity = model.entities.get(prepared.expected.entity.index())?;
    let keys_are_good = expect::keys_are_good(entity, model, &prepared.given);
    let checks: Vec<Check> = compiled
        .checks
        .iter()
        .filter(|c| matters(c.kind, keys_are_good))
        .map(|c| Check {
            what: broken(c.kind, &c.what),
            sql: c.sql.clone(),
        })
        .collect();
    Some(asked(prepared, model, query, checks, dialect))
}

/// The statements that ask `query` of a test's rows.
#[must_use]
pub fn asked(
    prepared: &Prepared,
    model: &Model,
    query: &EntityQuery,
    checks: Vec<Check>,
    dialect: &dyn Dialect,
) -> Job {
    let reads = |name: &str| {
        query.sql.contains(name) || checks.iter().any(|check| check.sql.contains(name))
    };
    Job {
        setup: given::statements(&prepared.given, model, reads, dialect),
        prelude: query.prelude.clone(),
        query: query.sql.clone(),
        checks,
    }
}

fn broken(kind: CheckKind, what: &str) -> String {
    match kind {
        CheckKind::EntityKeyNull => format!("a row of the entity has no key ({what})"),
        CheckKind::EntityKeyDuplicate => format!("two rows of the entity have one key ({what})"),
        CheckKind::JoinDuplicate => {
            format!("two rows of a lookup or a parent have one key ({what})")
        }
        CheckKind::ListKeyNull => format!("a row of a list has no key ({what})"),
        CheckKind::SuppressorKeyNull => {
            format!("a row of a suppression source has no key ({what})")
        }
        CheckKind::SuppressorFew(_) => format!("a suppression source has few rows ({what})"),
        CheckKind::SuppressorStale => format!("a suppression source is old ({what})"),
        CheckKind::TimeNull => format!("a row has no time ({what})"),
        CheckKind::Rows => format!("rows are counted ({what})"),
    }
}

/// The diagnostic of a test without an answer.
#[must_use]
pub fn not_run(test: &TestSpec, why: &str) -> Diagnostic {
    not_run_at(test.name.span, &test.name.value, why)
}

fn not_run_at(span: Span, name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        &codes::TEST_NOT_RUN,
        format!("the test `{name}` could not be run"),
    )
    .at(span, "no answer")
    .note(why.to_owned())
    .help("a build would fail on such rows, too: correct them or the spec")
}
