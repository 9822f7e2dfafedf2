//! `sequence` as written: one thing after another, and what must not happen in between.

use super::condition::{Duration, Rows, WindowSpec, relation};
use super::{Name, condition, keys, window};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// Two steps or more; the first is a `did`.
#[derive(Clone, Debug)]
pub struct SequenceSpec {
    pub steps: Vec<StepSpec>,
    /// What is equal, and not null, in all steps.
    pub same: Option<Snippet>,
    /// At most so long from the first matched row to the last.
    pub total: Option<Spanned<Duration>>,
}

/// `did` or `did_not`.
#[derive(Clone, Debug)]
pub struct StepSpec {
    pub did: bool,
    pub relation: Name,
    /// Windows relative to `as_of` stand in the first step alone.
    pub rows: Rows,
    /// Of a later step: since the row matched before.
    pub within: Option<Spanned<Duration>>,
    pub span: Span,
}

/// Each step is a window function of its own.
const MAX_STEPS: usize = 20;

/// `sequence: [{did: add_to_cart}, {did: purchase, within: 7 days}]`
pub(super) fn sequence(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<SequenceSpec> {
    let items = r.filled_list(value, "a list of steps");
    let steps: Vec<Option<StepSpec>> = items
        .iter()
        .enumerate()
        .map(|(n, node)| step(r, node, n == 0))
        .collect();
    let same = f
        .get("same")
        .map(|n| r.sql(n, "a column that all steps have"));
    let total = f.get("total").map(|n| {
        let duration = window::duration(r, n)?;
        Some(Spanned::new(duration, n.span))
    });
    let steps: Vec<StepSpec> = steps.into_iter().collect::<Option<_>>()?;
    ordered(r, f, &steps)?;
    Some(SequenceSpec {
        steps,
        same: match same {
            Some(same) => Some(same?),
            None => None,
        },
        total: match total {
            Some(total) => Some(total?),
            None => None,
        },
    })
}

fn step(r: &mut Reader<'_>, node: &Node, first: bool) -> Option<StepSpec> {
    let f = r.fields(node, &keys::STEP)?;
    let (key, value) = f.chosen()?;
    let relation = relation(r, value);
    let mut rows = condition::rows(r, &f)?;
    let span = match &node.kind {
        NodeKind::Map(_) => key.span.to(value.span),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_)
        | NodeKind::List(_) => node.span,
    };
    let mut within = None;
    if first
        && let Some(window) = &rows.window
        && matches!(window.value, WindowSpec::Next(_))
    {
        misstep(
            r,
            "a sequence is of what has happened",
            window.span,
            "these rows lie ahead of as_of",
            "ask about what lies ahead in a condition beside the sequence: `{did: bookings, next: 14 days}`",
        );
        return None;
    }
    if !first && let Some(window) = &rows.window {
        match &window.value {
            WindowSpec::Within(duration) => {
                within = Some(Spanned::new(*duration, window.span));
                rows.window = None;
            }
            WindowSpec::Range { .. } | WindowSpec::During(_) => {}
            WindowSpec::Before(_) | WindowSpec::Between(..) | WindowSpec::Next(_) => {
                misstep(
                    r,
                    "only the first step of a sequence is counted from as_of",
                    window.span,
                    "from which moment is this counted?",
                    "a later step has `within:`, counted from the row matched before it, or dates: `since`, `until`, `during`",
                );
                return None;
            }
        }
    }
    Some(StepSpec {
        did: key.value == "did",
        relation: relation?,
        rows,
        within,
        span,
    })
}

/// What is asked of the steps together.
fn ordered(r: &mut Reader<'_>, f: &Fields<'_>, steps: &[StepSpec]) -> Option<()> {
    let (first, later) = steps.split_first()?;
    let mut good = true;
    if !first.did {
        good = misstep(
            r,
            "a sequence begins with something that happened",
            first.span,
            "nothing that a later step could follow",
            "begin with `did`; that something never happened is a `did_not` beside the sequence",
        );
    }
    if later.is_empty() {
        good = misstep(
            r,
            "a sequence has two steps or more",
            f.place,
            "one step follows nothing",
            "add the step that comes after it, or write the `did` by itself",
        );
    }
    if steps.len() > MAX_STEPS {
        good = misstep(
            r,
            &format!("a sequence of {} steps", steps.len()),
            f.place,
            &format!("at most {MAX_STEPS}"),
            "cut it in two conditions",
        );
    }
    let total = f.key("total");
    if let Some(total) = total.filter(|_| steps.iter().filter(|s| s.did).count() == 1) {
        good = misstep(
            r,
            "`total` is from the first matched row to the last, and there is one",
            total.span,
            "nothing to measure",
            "put `within` on the `did_not`, or add a second `did`",
        );
    }
    let last = steps.iter().rposition(|s| s.did).unwrap_or(0);
    for step in steps.iter().take(last).filter(|s| !s.did) {
        if let Some(within) = &step.within {
            good = misstep(
                r,
                "a `did_not` between two steps has no `within`",
                within.span,
                "it holds for the whole time between the rows before and after it",
                "put `within` on the `did` that follows it, or move the `did_not` to the end",
            );
        }
    }
    good.then_some(())
}

/// Reports what keeps a list of steps from being a sequence. Always `false`.
fn misstep(r: &mut Reader<'_>, message: &str, at: Span, label: &str, help: &str) -> bool {
    r.diags.push(
        Diagnostic::error(&codes::SEQUENCE, message)
            .at(at, label)
            .help(help),
    );
    false
}
