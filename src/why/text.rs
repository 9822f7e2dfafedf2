//! One entity's answers for people: the tree with a mark at every condition, the values below the leaves, the rows that
//! decided.

use super::{Answered, Evidence, Range, Row, Standing};
use crate::diag::plain::steers;
use crate::engine::Value;
use crate::expr::{Agg, ExprKind, Type};
use crate::model::tree::{Node, What};
use crate::model::{Atom, EntityExpr};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;

/// How marks are written. Colours are for a stream that takes them off where they do not belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Look {
    pub color: bool,
    /// `yes` and `no` for ✓ and ✗.
    pub ascii: bool,
}

impl Look {
    /// ✓ or ✗.
    #[must_use]
    pub fn mark(self, holds: bool) -> String {
        let (mark, color) = match (holds, self.ascii) {
            (true, false) => ("✓", AnsiColor::Green),
            (false, false) => ("✗", AnsiColor::Red),
            (true, true) => ("yes", AnsiColor::Green),
            (false, true) => ("no ", AnsiColor::Red),
        };
        self.paint(Style::new().bold().fg_color(Some(color.into())), mark)
    }

    fn faint(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.color {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The tree of the segment for one entity, a line for every condition and value.
#[must_use]
pub fn tree(answered: &Answered<'_>, look: Look) -> String {
    node_lines(answered, &answered.question.tree, look)
}

/// A tree and all below it.
#[must_use]
pub fn node_lines(answered: &Answered<'_>, node: &Node, look: Look) -> String {
    let mut out = String::new();
    lines(answered, node, 0, look, &mut out);
    out
}

fn lines(answered: &Answered<'_>, node: &Node, depth: usize, look: Look, out: &mut String) {
    let pad = "  ".repeat(depth);
    let mark = look.mark(answered.holds(node));
    let _ = writeln!(out, "{pad}{mark} {}", node.words);
    for fact in facts(answered, node) {
        let _ = writeln!(out, "{pad}    {}", look.faint(&fact));
    }
    for below in &node.of {
        lines(answered, below, depth + 1, look, out);
    }
}

/// What a leaf rests on: `country = 'US'`, `orders: 2 rows, …`.
fn facts(answered: &Answered<'_>, node: &Node) -> Vec<String> {
    let evidence = answered.question.evidence(node);
    let values = node.values.iter().filter(|v| !told(answered, &v.expr));
    let mut facts: Vec<String> = values
        .map(|v| {
            let name = match v.what {
                What::Trait(_) => format!("trait {}", v.words),
                What::Column | What::Measure | What::Population | What::Sequence | What::Bucket => {
                    v.words.clone()
                }
            };
            format!("{name} = {}", value(answered.value(&v.expr), &v.expr.ty))
        })
        .collect();
    let standings = answered.question.standings(node);
    facts.extend(standings.iter().map(|s| {
        let words = standing(answered, s);
        if standings.len() > 1 {
            format!("{}: {words}", s.words)
        } else {
            words
        }
    }));
    for one in evidence {
        let name = if evidence.len() > 1 {
            &one.words
        } else {
            &one.relation
        };
        facts.extend(rows(answered, one, name));
    }
    facts
}

/// `place 13 of 120 that are compared; the last of 12 that are taken has 210.5`
fn standing(answered: &Answered<'_>, standing: &Standing) -> String {
    let compared = number(answered, &standing.compared);
    let place = answered.value(&standing.place);
    let mut text = if *place == Value::Null {
        format!("not one of the {compared} that are compared")
    } else {
        let place = value(place, &standing.place.ty);
        format!("place {place} of {compared} that are compared")
    };
    if let Some(cut) = &standing.cut {
        let last = value(answered.value(&cut.last), &cut.last.ty);
        let _ = match number(answered, &cut.taken) {
            0 => write!(text, "; none is taken"),
            1 => write!(text, "; the one that is taken has {last}"),
            taken => write!(text, "; the last of {taken} that are taken has {last}"),
        };
    }
    text
}

/// Whether the rows tell it: that there are any, how many, the first and the last time.
fn told(answered: &Answered<'_>, expr: &EntityExpr) -> bool {
    let id = match &expr.kind {
        ExprKind::Column(Atom::Measure(id)) => id,
        // The mark tells it.
        ExprKind::Column(Atom::Sequence(_)) => return true,
        ExprKind::Column(Atom::Column(_) | Atom::Population(_))
        | ExprKind::Literal(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => return false,
    };
    let model = answered.question.model();
    let Some(measure) = model.measures.get(id.index()) else {
        return false;
    };
    let relation = model.relations.get(measure.relation.index());
    let time = relation.and_then(|r| r.time.as_ref());
    match measure.arg.as_ref().map(|arg| &arg.kind) {
        None => matches!(measure.agg, Agg::Exists | Agg::Count),
        Some(ExprKind::Column(col)) => {
            matches!(measure.agg, Agg::Min | Agg::Max) && time.is_some_and(|t| t.col == *col)
        }
        Some(_) => false,
    }
}

/// `orders: 2 rows, first 2026-01-03 (order_id 7), last 2026-01-09 (order_id 9)`, and what is beside the window.
fn rows(answered: &Answered<'_>, evidence: &Evidence, name: &str) -> Vec<String> {
    let place = if evidence.ever { "" } else { " in the window" };
    let mut facts = Vec::new();
    let inside = &evidence.inside;
    facts.push(match number(answered, &inside.count) {
        0 => format!("{name}: none{place}"),
        1 => format!(
            "{name}: 1 row{place}{}",
            inside
                .last
                .as_ref()
                .map_or_else(String::new, |r| format!(", {}", row(answered, r)))
        ),
        n => {
            let mut text = format!("{name}: {n} rows{place}");
            for (word, one) in [("first", &inside.first), ("last", &inside.last)] {
                if let Some(one) = one {
                    let _ = write!(text, ", {word} {}", row(answered, one));
                }
            }
            text
        }
    });
    let sides = [
        (
            &evidence.before,
            "before it",
            "the last",
            "before it begins",
        ),
        (&evidence.after, "after it", "the first", "after it ends"),
    ];
    for (range, place, which, gap) in sides {
        if let Some(range) = range {
            facts.extend(beside(answered, range, place, which, gap));
        }
    }
    facts
}

fn beside(
    answered: &Answered<'_>,
    range: &Range,
    place: &str,
    which: &str,
    gap: &str,
) -> Option<String> {
    let count = number(answered, &range.count);
    let nearest = range.last.as_ref().or(range.first.as_ref())?;
    if count == 0 {
        return None;
    }
    let rows = if count == 1 { "row" } else { "rows" };
    let which = if count == 1 {
        String::new()
    } else {
        format!("{which} ")
    };
    let mut text = format!("{count} {rows} {place}: {which}{}", row(answered, nearest));
    if let Some(apart) = &range.gap {
        let unit = if nearest.time.ty == Type::Date {
            86_400
        } else {
            1
        };
        let seconds = number(answered, apart) * unit;
        let _ = write!(text, ", {} {gap}", span(seconds));
    }
    Some(text)
}

/// A row by its time and tie-break key.
fn row(answered: &Answered<'_>, row: &Row) -> String {
    let mut text = value(answered.value(&row.time), &Type::Datetime);
    let key: Vec<String> = row
        .key
        .iter()
        .map(|(name, key)| format!("{name} {}", value(answered.value(key), &Type::Int)))
        .collect();
    if !key.is_empty() {
        let _ = write!(text, " ({})", key.join(", "));
    }
    text
}

fn number(answered: &Answered<'_>, expr: &EntityExpr) -> i64 {
    match answered.value(expr) {
        Value::Int(n) => *n,
        Value::Null | Value::Boolean(_) | Value::Float(_) | Value::Text(_) => 0,
    }
}

/// "92 days", "3 days 4 hours", "12 seconds": the two largest units.
fn span(seconds: i64) -> String {
    let units = [
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, name) in units {
        let n = rest / size;
        rest %= size;
        if n > 0 && parts.len() < 2 {
            let s = if n == 1 { "" } else { "s" };
            parts.push(format!("{n} {name}{s}"));
        } else if !parts.is_empty() {
            break;
        }
    }
    if parts.is_empty() {
        return "less than a second".to_owned();
    }
    parts.join(" ")
}

/// A value as a reader of SQL expects it; control characters cannot steer the terminal.
#[must_use]
pub fn value(value: &Value, ty: &Type) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Text(text) => {
            let text: String = text
                .chars()
                .map(|c| if steers(c) { '\u{fffd}' } else { c })
                .collect();
            if *ty == Type::String {
                format!("'{}'", text.replace('\'', "''"))
            } else {
                text
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_stretch_of_time_is_told_by_its_two_largest_units() {
        assert_eq!(span(0), "less than a second");
        assert_eq!(span(1), "1 second");
        assert_eq!(span(86_400), "1 day");
        assert_eq!(span(2 * 86_400 + 3_700), "2 days 1 hour");
        assert_eq!(span(86_400 + 59), "1 day");
        assert_eq!(span(7_260), "2 hours 1 minute");
    }
}
