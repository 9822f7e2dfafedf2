//! `stopped`, `restarted` and `regularly` are counts in windows: their sugar ends here.
//!
//! Every bound is counted from `as_of` at once, not from the bound before it, so that months clamp to the month's end once.

use super::predicate::{Conditions, all, leaf, not};
use super::rows::{RowSet, require_time, rows, window};
use super::{Predicate, measure};
use crate::diag::Diagnostics;
use crate::snippet::Snippet;
use crate::source::{Span, Spanned};
use crate::spec::{Duration, Habit, HabitKind, Rows, WindowSpec};

impl Conditions<'_> {
    pub(super) fn habit(
        &mut self,
        habit: &Habit,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let world = self.scope.world;
        let relation = world.require_relation(self.scope.entity, &habit.relation, diags)?;
        let any_time = Rows {
            filter: habit.filter.clone(),
            window: None,
        };
        let every_row = rows(world, relation, &any_time, self.ctx, diags);
        let word = match &habit.kind {
            HabitKind::Stopped { .. } => "`stopped`",
            HabitKind::Restarted { .. } => "`restarted`",
            HabitKind::Regularly { .. } => "`regularly`",
        };
        require_time(world, relation, word, habit.relation.span, diags)?;
        let spans = Self::spans(&habit.kind);
        let mut sets: Vec<RowSet> = Vec::with_capacity(spans.len());
        for spec in spans {
            let bounds = window(world, relation, &spec, self.ctx, diags)?;
            sets.push(every_row.as_ref()?.narrowed(&bounds));
        }
        let mut did = |set: &RowSet, times: Option<&Snippet>, diags: &mut Diagnostics| match times {
            None => Some(leaf(measure::exists(self.scope.measures, set, None, span))),
            Some(times) => {
                let count = measure::count(self.scope.measures, set, habit.relation.span);
                self.tail(times, &count, diags)
            }
        };
        match (&habit.kind, sets.as_slice()) {
            (HabitKind::Stopped { .. }, [active, quiet]) => Some(all(vec![
                did(active, None, diags)?,
                not(did(quiet, None, diags)?),
            ])),
            (HabitKind::Restarted { .. }, [before, pause, quiet]) => Some(all(vec![
                did(before, None, diags)?,
                not(did(pause, None, diags)?),
                did(quiet, None, diags)?,
            ])),
            (HabitKind::Regularly { periods, times, .. }, sets) => {
                let of = sets
                    .iter()
                    .map(|set| did(set, times.as_ref(), diags))
                    .collect::<Option<Vec<_>>>()?;
                Some(Predicate::Count {
                    min: Some(periods.value.0),
                    max: None,
                    of,
                })
            }
            (HabitKind::Stopped { .. } | HabitKind::Restarted { .. }, _) => None,
        }
    }

    /// The windows in which rows are counted.
    fn spans(kind: &HabitKind) -> Vec<Spanned<WindowSpec>> {
        match kind {
            HabitKind::Stopped { active, quiet } => vec![
                Spanned::new(WindowSpec::Within(active.value), active.span),
                Spanned::new(WindowSpec::Within(quiet.value), quiet.span),
            ],
            HabitKind::Restarted { active, quiet } => vec![
                Spanned::new(WindowSpec::Before(active.value), active.span),
                Spanned::new(WindowSpec::Between(active.value, quiet.value), active.span),
                Spanned::new(WindowSpec::Within(quiet.value), quiet.span),
            ],
            HabitKind::Regularly { every, periods, .. } => (1..=periods.value.1)
                .map(|k| {
                    let so_many = |k: u32| Duration {
                        count: every.value.count.saturating_mul(k),
                        unit: every.value.unit,
                    };
                    let spec = match k {
                        1 => WindowSpec::Within(every.value),
                        _ => WindowSpec::Between(so_many(k), so_many(k - 1)),
                    };
                    Spanned::new(spec, every.span)
                })
                .collect(),
        }
    }
}
