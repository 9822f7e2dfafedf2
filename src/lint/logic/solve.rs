//! Whether a formula can be true at all: a search through its alternatives, with what is left of each subject's values.
//!
//! "No" is a proof. "Yes" means that nothing known stands against it. A search that takes too long gives no answer.

use super::formula::{Formula, SubjectId, Subjects};
use super::set::Set;
use std::collections::BTreeMap;

/// Steps before a search is given up.
const BUDGET: u32 = 4_000;

/// What has to hold.
#[derive(Clone, Copy)]
enum Goal<'f> {
    Is(&'f Formula, bool),
    /// Between so many of these hold.
    Between(&'f [std::rc::Rc<Formula>], usize, usize),
}

type Values = BTreeMap<SubjectId, Set>;

struct Search<'f> {
    subjects: &'f Subjects<'f>,
    steps: u32,
}

/// Whether all of these can be as they are wanted at once; None where that is not found out.
pub(super) fn possible(subjects: &Subjects<'_>, wanted: &[(&Formula, bool)]) -> Option<bool> {
    let goals = wanted.iter().map(|(f, want)| Goal::Is(f, *want)).collect();
    let mut search = Search { subjects, steps: 0 };
    search.run(goals, Values::new())
}

impl<'f> Search<'f> {
    fn run(&mut self, mut goals: Vec<Goal<'f>>, mut values: Values) -> Option<bool> {
        // Those that open several ways wait until the others have narrowed the values.
        let mut open = Vec::new();
        while let Some(goal) = goals.pop() {
            self.steps += 1;
            if self.steps > BUDGET {
                return None;
            }
            match goal {
                Goal::Is(Formula::In(id, set), want) => {
                    if !self.narrow(*id, set, want, &mut values)? {
                        return Some(false);
                    }
                }
                Goal::Is(Formula::Not(of), want) => goals.push(Goal::Is(of, !want)),
                Goal::Is(Formula::All(of), true) => {
                    goals.extend(of.iter().map(|f| Goal::Is(f, true)));
                }
                Goal::Is(Formula::Any(of), false) => {
                    goals.extend(of.iter().map(|f| Goal::Is(f, false)));
                }
                Goal::Is(Formula::Count { min, max, of }, true) => {
                    goals.push(Goal::Between(of, *min, *max));
                }
                Goal::Between(of, min, max) if min == 0 && max >= of.len() => {}
                Goal::Between(of, min, max) if min > of.len() || min > max => return Some(false),
                Goal::Is(Formula::All(_) | Formula::Any(_) | Formula::Count { .. }, _)
                | Goal::Between(..) => open.push(goal),
            }
        }
        if !self.rows_fit(&values) {
            return Some(false);
        }
        let Some(goal) = open.pop() else {
            return Some(true);
        };
        let mut unknown = false;
        for way in ways(goal) {
            let mut goals = open.clone();
            goals.extend(way);
            match self.run(goals, values.clone()) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(false) }
    }

    /// Leaves those values that are (not) in the set; whether there are any. None where they have no order.
    fn narrow(&self, id: SubjectId, set: &Set, want: bool, values: &mut Values) -> Option<bool> {
        let (domain, whole) = self.subjects.domains.get(id)?;
        let set = if want { set.clone() } else { set.complement() };
        let mut left = values.get(&id).unwrap_or(domain).and(&set)?;
        if *whole {
            left = left.whole();
        }
        let some = !left.is_empty();
        values.insert(id, left);
        Some(some)
    }

    /// Of rows that are among others there are never more.
    fn rows_fit(&self, values: &Values) -> bool {
        values.iter().all(|(id, few)| {
            let (Some(least), Some(wider)) = (few.least(), self.subjects.among.get(id)) else {
                return true;
            };
            wider.iter().all(|many| {
                let greatest = values.get(many).and_then(Set::greatest);
                greatest.is_none_or(|greatest| least <= greatest)
            })
        })
    }
}

/// The ways in which a goal can be reached, each a list of goals.
fn ways(goal: Goal<'_>) -> Vec<Vec<Goal<'_>>> {
    match goal {
        Goal::Is(Formula::All(of) | Formula::Any(of), want) => {
            of.iter().map(|f| vec![Goal::Is(f, want)]).collect()
        }
        Goal::Is(Formula::Count { min, max, of }, _) => {
            let mut ways = Vec::new();
            if let Some(fewer) = min.checked_sub(1) {
                ways.push(vec![Goal::Between(of, 0, fewer)]);
            }
            if *max < of.len() {
                ways.push(vec![Goal::Between(of, *max + 1, of.len())]);
            }
            ways
        }
        Goal::Is(Formula::In(..) | Formula::Not(_), _) => vec![vec![goal]],
        Goal::Between(of, min, max) => match of.split_first() {
            None => vec![Vec::new()],
            Some((first, rest)) => {
                let mut ways = vec![vec![Goal::Is(first, false), Goal::Between(rest, min, max)]];
                if let Some(max) = max.checked_sub(1) {
                    let min = min.saturating_sub(1);
                    ways.push(vec![Goal::Is(first, true), Goal::Between(rest, min, max)]);
                }
                ways
            }
        },
    }
}
