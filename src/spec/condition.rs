//! Conditions as written (`language.md` §6) and the windows of their rows (§5).

use super::across::{self, Across};
use super::anniversary::{self, AnniversarySpec};
use super::habit::{self, Habit};
use super::sequence::{self, SequenceSpec};
use super::stay::Stay;
use super::{
    AggFunction, AggregateSpec, Name, NativeSpec, PopulationSpec, keys, native, population, stay,
    window,
};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, nearest};
use crate::expr::Unit;
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::form::{Form, Key};
use crate::yaml::{Node, NodeKind};

#[derive(Clone, Debug)]
pub struct Condition {
    pub kind: ConditionKind,
    pub span: Span,
}

impl Condition {
    /// The conditions right inside of this one.
    pub fn parts(&self) -> &[Self] {
        match &self.kind {
            ConditionKind::All(of)
            | ConditionKind::Any(of)
            | ConditionKind::None(of)
            | ConditionKind::AtLeast { of, .. }
            | ConditionKind::AtMost { of, .. }
            | ConditionKind::Exactly { of, .. } => of,
            ConditionKind::Not(of) => std::slice::from_ref(of),
            ConditionKind::Top(of) => of.among.as_deref().map_or(&[], std::slice::from_ref),
            ConditionKind::Sql(_)
            | ConditionKind::Native(_)
            | ConditionKind::Did { .. }
            | ConditionKind::DidNot { .. }
            | ConditionKind::Aggregate { .. }
            | ConditionKind::FirstTime { .. }
            | ConditionKind::Habit(_)
            | ConditionKind::Sequence(_)
            | ConditionKind::Anniversary(_)
            | ConditionKind::In(_)
            | ConditionKind::NotIn(_)
            | ConditionKind::Across(_)
            | ConditionKind::InList(_)
            | ConditionKind::Stay(_) => &[],
        }
    }
}

#[derive(Clone, Debug)]
pub enum ConditionKind {
    Sql(Snippet),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    None(Vec<Condition>),
    Not(Box<Condition>),
    AtLeast {
        count: Spanned<u32>,
        of: Vec<Condition>,
    },
    AtMost {
        count: Spanned<u32>,
        of: Vec<Condition>,
    },
    Exactly {
        count: Spanned<u32>,
        of: Vec<Condition>,
    },
    /// `times` is a tail: `">= 3"`, `between 3 and 5`.
    Did {
        relation: Name,
        rows: Rows,
        times: Option<Snippet>,
    },
    DidNot {
        relation: Name,
        rows: Rows,
    },
    /// `is` is a tail.
    Aggregate {
        value: AggregateSpec,
        is: Snippet,
    },
    FirstTime {
        relation: Name,
        rows: Rows,
    },
    /// `stopped`, `restarted`, `regularly`.
    Habit(Habit),
    Sequence(SequenceSpec),
    Anniversary(AnniversarySpec),
    In(Vec<Name>),
    NotIn(Vec<Name>),
    /// `in` and `not_in` with `over`
    Across(Across),
    /// `top`, `bottom`
    Top(PopulationSpec),
    Native(NativeSpec),
    /// On any of these lists.
    InList(Vec<Name>),
    Stay(Stay),
}

/// Which rows of a relation.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    pub filter: Vec<Snippet>,
    pub window: Option<Spanned<WindowSpec>>,
}

/// A window as written; `language.md` §5 has the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum WindowSpec {
    Within(Duration),
    Before(Duration),
    /// The farther, then the nearer: `between: [180 days, 90 days]`.
    Between(Duration, Duration),
    /// `since`, `until`: at least one.
    Range {
        since: Option<jiff::civil::Date>,
        until: Option<jiff::civil::Date>,
    },
    During(Period),
    /// Ahead of as_of: dates of the entity, and relations with a future.
    Next(Duration),
}

/// `90 days`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Duration {
    pub count: u32,
    pub unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    Today,
    Yesterday,
    This(Unit),
    Last(Unit),
    /// Inclusive dates: a year, a quarter, a month and a range are written out.
    Dates {
        first: jiff::civil::Date,
        last: jiff::civil::Date,
    },
}

/// The aggregates by the keys that write them.
const AGGREGATES: [(&str, AggFunction); 17] = [
    ("count", AggFunction::Count),
    ("count_distinct", AggFunction::CountDistinct),
    ("sum", AggFunction::Sum),
    ("avg", AggFunction::Avg),
    ("min", AggFunction::Min),
    ("max", AggFunction::Max),
    ("median", AggFunction::Median),
    ("stddev", AggFunction::Stddev),
    ("first", AggFunction::First),
    ("last", AggFunction::Last),
    ("most_frequent", AggFunction::MostFrequent),
    ("least_frequent", AggFunction::LeastFrequent),
    ("exists", AggFunction::Exists),
    ("days_since_first", AggFunction::DaysSinceFirst),
    ("days_since_last", AggFunction::DaysSinceLast),
    ("avg_days_between", AggFunction::AvgDaysBetween),
    ("list_distinct", AggFunction::ListDistinct),
];

/// A condition: an expression, a map of some kind, or a list of which all must hold.
pub(super) fn condition(r: &mut Reader<'_>, node: &Node) -> Option<Condition> {
    let kind = match &node.kind {
        NodeKind::List(items) => {
            r.filled_list(node, "conditions");
            ConditionKind::All(each(r, items)?)
        }
        NodeKind::Map(entries) => map(r, node, entries)?,
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_) => ConditionKind::Sql(r.sql(node, "a condition")?),
    };
    Some(Condition {
        kind,
        span: node.span,
    })
}

/// A list of conditions, or a single one.
pub(super) fn conditions(r: &mut Reader<'_>, node: &Node) -> Option<Vec<Condition>> {
    match &node.kind {
        NodeKind::List(items) => {
            r.filled_list(node, "conditions");
            each(r, items)
        }
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Map(_) => Some(vec![condition(r, node)?]),
    }
}

/// Reads all, so that every mistake is told; then nothing if there was one, or nothing to read.
fn each(r: &mut Reader<'_>, items: &[Node]) -> Option<Vec<Condition>> {
    let read: Vec<Option<Condition>> = items.iter().map(|n| condition(r, n)).collect();
    let read: Option<Vec<Condition>> = read.into_iter().collect();
    read.filter(|list| !list.is_empty())
}

/// The keys that name a kind.
fn heads(form: &'static Form) -> impl Iterator<Item = &'static Key> + Clone {
    let first = form.keys.first().and_then(|group| group.first());
    form.one_of
        .iter()
        .copied()
        .flatten()
        .chain(first.filter(|_| form.one_of.is_empty()))
}

fn map(
    r: &mut Reader<'_>,
    node: &Node,
    entries: &[(Spanned<String>, Node)],
) -> Option<ConditionKind> {
    let mut kinds = entries.iter().filter_map(|(key, value)| {
        keys::CONDITIONS
            .iter()
            .find(|form| heads(form).any(|head| head.name == key.value))
            .map(|form| (*form, key, value))
    });
    let Some((form, key, value)) = kinds.next() else {
        unknown(r, node, entries);
        return None;
    };
    if let Some((_, second, _)) = kinds.next() {
        r.conflict(key, second);
        return None;
    }
    let f = r.fields(node, form)?;
    match key.value.as_str() {
        "all" => conditions(r, value).map(ConditionKind::All),
        "any" => conditions(r, value).map(ConditionKind::Any),
        "none" => conditions(r, value).map(ConditionKind::None),
        "not" => condition(r, value).map(|c| ConditionKind::Not(Box::new(c))),
        "at_least" => counted(r, &f, value).map(|(count, of)| ConditionKind::AtLeast { count, of }),
        "at_most" => counted(r, &f, value).map(|(count, of)| ConditionKind::AtMost { count, of }),
        "exactly" => counted(r, &f, value).map(|(count, of)| ConditionKind::Exactly { count, of }),
        "in" | "not_in" => across::reference(r, &f, key, value),
        "sql" => native::native(r, &f, key, value).map(ConditionKind::Native),
        "top" | "bottom" => population::top(r, &f, key, value).map(ConditionKind::Top),
        "in_list" => {
            let names = r.one_or_more(value, "a list's name or several");
            (!names.is_empty()).then_some(ConditionKind::InList(names))
        }
        "entered" => stay::entered(r, &f, value).map(ConditionKind::Stay),
        "exited" => stay::exited(r, &f, value).map(ConditionKind::Stay),
        "member_for" => stay::member_for(r, value).map(ConditionKind::Stay),
        "did" => {
            let relation = relation(r, value);
            let rows = rows(r, &f);
            let times = tail(r, &f, "times");
            Some(ConditionKind::Did {
                relation: relation?,
                rows: rows?,
                times: times?,
            })
        }
        "did_not" => {
            let (relation, rows) = (relation(r, value), rows(r, &f));
            Some(ConditionKind::DidNot {
                relation: relation?,
                rows: rows?,
            })
        }
        "first_time" => {
            let (relation, rows) = (relation(r, value), rows(r, &f));
            let (relation, rows) = (relation?, rows?);
            if rows.window.is_none() {
                r.diags.push(
                    Diagnostic::error(&codes::MISSING_KEY, "`first_time` needs a window")
                        .at(key.span, "when the first row happened is missing")
                        .help("add `within: 30 days`; whether there is any row is `did`"),
                );
                return None;
            }
            Some(ConditionKind::FirstTime { relation, rows })
        }
        "stopped" => habit::stopped(r, &f, value).map(ConditionKind::Habit),
        "restarted" => habit::restarted(r, &f, value).map(ConditionKind::Habit),
        "regularly" => habit::regularly(r, &f, value).map(ConditionKind::Habit),
        "anniversary" => anniversary::anniversary(r, &f, value).map(ConditionKind::Anniversary),
        "sequence" => sequence::sequence(r, &f, value).map(ConditionKind::Sequence),
        _ => {
            let value = aggregate(r, &f);
            let is = tail(r, &f, "is");
            Some(ConditionKind::Aggregate {
                value: value?,
                is: is??,
            })
        }
    }
}

fn unknown(r: &mut Reader<'_>, node: &Node, entries: &[(Spanned<String>, Node)]) {
    let known = || {
        keys::CONDITIONS
            .iter()
            .flat_map(|form| heads(form))
            .map(|k| k.name)
    };
    let meant = |key: &str| elsewhere(key).or_else(|| nearest(key, known()));
    let near = entries
        .iter()
        .find_map(|(key, _)| meant(key).map(|near| (key, near)));
    let diagnostic = Diagnostic::error(&codes::UNKNOWN_CONDITION, "this map is no condition");
    r.diags.push(match (near, entries.first()) {
        (Some((key, near)), _) => diagnostic
            .at(key.span, "no kind of condition")
            .help(format!("did you mean `{near}`?")),
        (None, Some((key, _))) => diagnostic
            .at(key.span, "no kind of condition")
            .help("one key names the kind: all, any, none, not, at_least, at_most, exactly, did, did_not, first_time, stopped, restarted, regularly, sequence, anniversary, in, not_in, in_list, entered, exited, member_for, top, bottom, or an aggregate"),
        (None, None) => diagnostic
            .at(node.span, "nothing in it")
            .help("an expression stands without braces"),
    });
}

/// What a kind of condition of other tools is called here: the nearest name may mean the opposite.
fn elsewhere(key: &str) -> Option<&'static str> {
    Some(match key.to_ascii_lowercase().as_str() {
        "and" | "all_of" => "all",
        "or" | "any_of" => "any",
        "nor" | "none_of" => "none",
        "nin" | "notin" => "not_in",
        "not_did" | "didnt" | "never" => "did_not",
        "has" | "done" | "performed" => "did",
        _ => return None,
    })
}

fn counted(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    value: &Node,
) -> Option<(Spanned<u32>, Vec<Condition>)> {
    let count = r.count(value);
    let written = f.get("of").map(|of| match &of.kind {
        NodeKind::List(items) => items.len(),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::Map(_) => 1,
    });
    let of = f.get("of").and_then(|of| conditions(r, of));
    let (count, written) = (count?, written?);
    if usize::try_from(count.value).is_ok_and(|c| c > written) && written > 0 {
        r.diags.push(
            Diagnostic::error(
                &codes::IMPOSSIBLE_COUNT,
                format!("{} of {written} conditions", count.value),
            )
            .at(count.span, format!("there are {written} under `of`"))
            .help("name a number that the list has, or add the missing conditions"),
        );
        return None;
    }
    Some((count, of?))
}

pub(super) fn relation(r: &mut Reader<'_>, value: &Node) -> Option<Name> {
    r.name_as(value, "a relation")
}

/// `times:` and `is:`; the inner `Option` is "none written".
pub(super) fn tail(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &'static str,
) -> Option<Option<Snippet>> {
    let Some(node) = f.get(key) else {
        return Some(None);
    };
    if !matches!(node.kind, NodeKind::String(_)) {
        let mut diagnostic = r.mismatch(node, "a comparison");
        if let Some(value) = node.scalar_text() {
            diagnostic = diagnostic.help(format!("write `\"= {value}\"` or `\">= {value}\"`"));
        }
        r.diags.push(diagnostic);
        return None;
    }
    r.sql(node, "a comparison").map(Some)
}

/// `where:` and the window of rows.
pub(super) fn rows(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Rows> {
    let filter = f.get("where").map(|n| r.sqls(n)).unwrap_or_default();
    let readable = f.get("where").is_none() || !filter.is_empty();
    let window = window::window(r, f);
    Some(Rows {
        filter,
        window: window?,
    })
    .filter(|_| readable)
}

/// The aggregate that a trait or condition names, with `of`, `where` and window.
pub(super) fn aggregate(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<AggregateSpec> {
    let (key, value) = f.chosen()?;
    let function = AGGREGATES
        .iter()
        .find(|(name, _)| *name == key.value)
        .map(|(_, function)| Spanned::new(*function, key.span))?;
    let target = target(r, value);
    let of = f.get("of").map(|n| r.sql(n, "an expression"));
    let rows = rows(r, f);
    let target = target?;
    if let (Some(column), Some(of)) = (target.get(1), f.key("of")) {
        r.diags.push(
            Diagnostic::error(
                &codes::CONFLICT,
                format!("both `{}` and `of` say what is aggregated", column.value),
            )
            .at(of.span, "this one")
            .at(column.span, "and this one")
            .help("name the relation alone, or leave `of` out"),
        );
        return None;
    }
    Some(AggregateSpec {
        function,
        target,
        of: match of {
            Some(of) => Some(of?),
            None => None,
        },
        rows: rows?,
    })
}

/// `orders`, `orders.total`, `items.product.category`
fn target(r: &mut Reader<'_>, node: &Node) -> Option<Vec<Name>> {
    const EXPECTED: &str = "a relation, or a column of one as `orders.total`";
    let expanded = r.expand(node)?;
    let text = r.text_as(&expanded, EXPECTED)?;
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let mut parts = Vec::new();
    let mut start = 0;
    for part in text.split('.') {
        if part.is_empty() || !part.chars().all(plain) {
            r.diags.push(
                Diagnostic::error(
                    &codes::WRONG_TYPE,
                    format!("expected {EXPECTED}, found `{}`", text.value),
                )
                .at(text.span, "no name")
                .help("name the relation here, and put the expression under `of:`"),
            );
            return None;
        }
        let span = expanded.sub_span(start, start + part.len());
        parts.push(Spanned::new(part.to_owned(), span));
        start += part.len() + 1;
    }
    Some(parts)
}
