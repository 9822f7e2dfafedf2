//! `stopped`, `restarted` and `regularly` (`language.md` §6).

use super::value::Value;
use super::{Person, Reference};
use segc::source::Spanned;
use segc::spec::{Duration, Habit, HabitKind, Rows, WindowSpec};

impl Reference<'_> {
    pub(super) fn has_habit(&self, person: Person, habit: &Habit) -> bool {
        let count = |window: WindowSpec| {
            let rows = Rows {
                filter: habit.filter.clone(),
                window: Some(Spanned::new(window, habit.relation.span)),
            };
            self.chosen(person, &habit.relation, &rows).len()
        };
        match &habit.kind {
            HabitKind::Stopped { active, quiet } => {
                count(WindowSpec::Within(active.value)) > 0
                    && count(WindowSpec::Within(quiet.value)) == 0
            }
            HabitKind::Restarted { active, quiet } => {
                count(WindowSpec::Before(active.value)) > 0
                    && count(WindowSpec::Between(active.value, quiet.value)) == 0
                    && count(WindowSpec::Within(quiet.value)) > 0
            }
            HabitKind::Regularly {
                every,
                periods,
                times,
            } => {
                let ago = |k: u32| Duration {
                    count: every.count * k,
                    unit: every.unit,
                };
                let (least, all) = periods.value;
                let good = (1..=all).filter(|k| {
                    let found = count(if *k == 1 {
                        WindowSpec::Within(ago(1))
                    } else {
                        WindowSpec::Between(ago(*k), ago(k - 1))
                    });
                    match times {
                        None => found > 0,
                        Some(tail) => self.tail_holds(tail, person, &Value::Int(found as i128)),
                    }
                });
                good.count() >= least as usize
            }
        }
    }
}
