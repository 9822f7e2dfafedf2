//! Lints: what the language allows and people seldom mean. Their names, codes and levels stand in `diag::codes::lint`.
//!
//! A rule pushes a diagnostic; here it gets its level, or is silenced by `allow:` of the item it lies in. No rule changes what is
//! compiled.

mod days;
mod items;
mod logic;
mod narrow;
mod unused;
mod values;
mod windows;

use crate::diag::codes::lint::{self as codes, LINTS, Level, Lint};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::model::{Model, calendar};
use crate::source::Span;
use crate::spec::{EntitySpec, GroupSpec, Item, Name, SegmentSpec, Settings, Spec};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// What rules look at.
struct Checked<'a> {
    spec: &'a Spec,
    model: &'a Model,
    /// The local day of `as_of`.
    today: Date,
    segments: HashMap<&'a str, &'a SegmentSpec>,
    groups: HashMap<&'a str, &'a GroupSpec>,
    /// The entity of each segment, group and split.
    entities: HashMap<&'a str, &'a EntitySpec>,
    /// The items that some test is of.
    tested: HashSet<&'a str>,
}

impl<'a> Checked<'a> {
    fn segment(&self, name: &str) -> Option<&'a SegmentSpec> {
        self.segments.get(name).copied()
    }

    fn group(&self, name: &str) -> Option<&'a GroupSpec> {
        self.groups.get(name).copied()
    }

    /// Where an entity's suppression names segments.
    fn suppress_names(&self, entity: usize) -> Vec<&'a Name> {
        let spec = self.spec.entities.get(entity);
        let conditions = spec.into_iter().flat_map(|e| &e.suppress);
        conditions.flat_map(logic::names).collect()
    }

    /// All items that may carry `allow:`.
    fn items(&self) -> impl Iterator<Item = &'a Item> {
        let spec = self.spec;
        spec.entities
            .iter()
            .map(|e| &e.item)
            .chain(spec.traits.iter().map(|t| &t.item))
            .chain(spec.segments.iter().map(|s| &s.item))
            .chain(spec.groups.iter().map(|g| &g.item))
            .chain(spec.splits.iter().map(|s| &s.item))
            .chain(spec.lists.iter().map(|l| &l.item))
    }
}

/// The item that a segment is of: `lifecycle` of `lifecycle.new`.
fn item_of(segment: &str) -> &str {
    segment.split_once('.').map_or(segment, |(item, _)| item)
}

/// Resolves a project, or a part of it, at another instant; None where that has errors, such as a reference to what is no part of it.
pub type Again<'a> = &'a mut dyn FnMut(&Spec, Timestamp) -> Option<Model>;

/// Findings of lints that are allowed for the whole project: how many of each.
pub type Quiet = Vec<(&'static Lint, usize)>;

/// Runs all lints over a project without errors.
pub fn run(
    spec: &Spec,
    settings: &Settings,
    model: &Model,
    again: Again<'_>,
    diags: &mut Diagnostics,
) -> Quiet {
    let project = Checked {
        spec,
        model,
        today: calendar::local_date(model.as_of, &model.time_zone),
        segments: spec
            .segments
            .iter()
            .map(|s| (s.item.name.value.as_str(), s))
            .collect(),
        groups: spec
            .groups
            .iter()
            .map(|g| (g.item.name.value.as_str(), g))
            .collect(),
        entities: model
            .segments
            .iter()
            .filter_map(|s| Some((item_of(&s.name), spec.entities.get(s.entity.index())?)))
            .collect(),
        tested: spec
            .tests
            .iter()
            .flat_map(|t| &t.subject.names)
            .map(|name| item_of(name))
            .collect(),
    };
    let mut found = lasting(&project, again);
    items::check(&project, &mut found);
    unused::check(&project, &mut found);
    values::check(&project, &mut found);
    windows::check(&project, settings.week_start, &mut found);
    found.finish(false);
    let found = allowed(&project, found);
    let mut quiet: BTreeMap<&str, (&Lint, usize)> = BTreeMap::new();
    for mut diagnostic in found {
        let Some(lint) = LINTS.iter().find(|l| l.code.id == diagnostic.code.id) else {
            continue;
        };
        match level(lint, settings) {
            Level::Allow => quiet.entry(lint.code.id).or_insert((lint, 0)).1 += 1,
            Level::Warn => diags.push(diagnostic),
            Level::Deny => {
                diagnostic.severity = Severity::Error;
                diags.push(diagnostic);
            }
        }
    }
    quiet.into_values().collect()
}

fn level(lint: &Lint, settings: &Settings) -> Level {
    let of = |(known, level): &(&Lint, Level)| (known.name == lint.name).then_some(*level);
    settings.lints.iter().find_map(of).unwrap_or(lint.level)
}

/// What follows from the conditions, not from the day: windows such as `this month` and `30 days` contain each other on some days.
fn lasting(project: &Checked<'_>, again: Again<'_>) -> Diagnostics {
    let mut found = Diagnostics::default();
    logic::check(project, project.model, &mut found);
    if found.is_empty() {
        return found;
    }
    let place = |d: &Diagnostic| (d.code.id, d.span());
    let mut kept: Vec<Diagnostic> = found.iter().cloned().collect();
    let whole = || narrow::unending(project.spec.clone());
    let part = narrow::narrowed(project, &found).unwrap_or_else(whole);
    for at in days::others(project.today, project.model) {
        let Some(model) = again(&part, at).or_else(|| again(&whole(), at)) else {
            continue;
        };
        let mut found = Diagnostics::default();
        logic::check(project, &model, &mut found);
        let there: BTreeSet<_> = found.iter().map(place).collect();
        kept.retain(|d| there.contains(&place(d)));
    }
    let mut found = Diagnostics::default();
    kept.into_iter().for_each(|d| found.push(d));
    found
}

/// Without what `allow:` silences; and what it silences for nothing.
fn allowed(project: &Checked<'_>, found: Diagnostics) -> Vec<Diagnostic> {
    let inside = |d: &Diagnostic, whole: Span| d.span().is_some_and(|s| whole.holds(s));
    let mut left: Vec<Diagnostic> = found.iter().cloned().collect();
    // Copies of one item by `for_each` have the same places.
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for item in project.items() {
        let mut unused = Vec::new();
        for allow in item.allow.iter().filter(|a| seen.insert(a.span)) {
            let before = left.len();
            let code: &Code = allow.lint.code;
            left.retain(|d| d.code.id != code.id || !inside(d, item.span));
            if left.len() == before {
                unused.push(allow);
            }
        }
        let silent = |a: &&crate::spec::AllowSpec| a.lint.code.id == codes::UNUSED_ALLOW.id;
        if item.allow.iter().any(|a| silent(&a)) {
            continue;
        }
        for allow in unused {
            left.push(
                Diagnostic::warning(
                    &codes::UNUSED_ALLOW,
                    format!(
                        "`{}` finds nothing in `{}`",
                        allow.lint.name, item.name.value
                    ),
                )
                .at(allow.span, "allows what is not there")
                .help("remove it"),
            );
        }
    }
    left
}
