//! Conditions as written (`language.md` §6) and the windows of their rows (§5).

use super::{AggregateSpec, Name};
use crate::expr::Unit;
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};

#[derive(Clone, Debug)]
pub struct Condition {
    pub kind: ConditionKind,
    pub span: Span,
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
    In(Vec<Name>),
    NotIn(Vec<Name>),
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
