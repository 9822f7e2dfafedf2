//! `sequence` (`language.md` §6), by trying every choice of rows.

use super::expression::Place;
use super::rows::RelationRow;
use super::value::Value;
use super::{Person, Reference};
use segc::spec::{Duration, SequenceSpec, StepSpec};

/// A step and the times of its rows.
type Step<'s> = (&'s StepSpec, Vec<Value>);

impl Reference<'_> {
    pub(super) fn happened_in_sequence(&self, person: Person, spec: &SequenceSpec) -> bool {
        let rows = |step: &StepSpec| self.chosen(person, &step.relation, &step.rows);
        let all: Vec<(&StepSpec, Vec<RelationRow>)> =
            spec.steps.iter().map(|step| (step, rows(step))).collect();
        let search = Search {
            reference: self,
            total: spec.total.as_ref().map(|d| d.value),
        };
        let Some(same) = &spec.same else {
            return search.any(&times(&all, |_| true), None, None, &[]);
        };
        let value = |row: &RelationRow| self.evaluate(same, Place::at(person, row));
        // Whatever the rows have in common, the first step has.
        all[0].1.iter().map(value).any(|common| {
            let steps = times(&all, |row| value(row).equals(&common));
            search.any(&steps, None, None, &[])
        })
    }
}

fn times<'s>(
    all: &[(&'s StepSpec, Vec<RelationRow>)],
    wanted: impl Fn(&RelationRow) -> bool,
) -> Vec<Step<'s>> {
    let of = |rows: &[RelationRow]| {
        let rows = rows.iter().filter(|row| wanted(row));
        rows.map(|row| row.time.clone()).collect()
    };
    all.iter().map(|(step, rows)| (*step, of(rows))).collect()
}

struct Search<'r, 'w> {
    reference: &'r Reference<'w>,
    total: Option<Duration>,
}

impl Search<'_, '_> {
    /// Whether the steps that are left can be matched after `previous`, with nothing of `absent` in between.
    fn any(
        &self,
        steps: &[Step<'_>],
        first: Option<&Value>,
        previous: Option<&Value>,
        absent: &[&Step<'_>],
    ) -> bool {
        let Some((step, rest)) = steps.split_first() else {
            let previous = previous.expect("the first step is a did");
            return absent.iter().all(|step| self.stays_away(step, previous));
        };
        if !step.0.did {
            let absent = [absent, &[step]].concat();
            return self.any(rest, first, previous, &absent);
        }
        step.1.iter().any(|time| {
            let fits = previous.is_none_or(|previous| {
                let after = time.order(previous).is_gt();
                let soon = step.0.within.as_ref();
                let soon = soon.is_none_or(|d| time.order(&self.end(previous, d)).is_le());
                let between = |t: &Value| t.order(previous).is_gt() && t.order(time).is_lt();
                let nothing = !absent.iter().any(|(_, times)| times.iter().any(between));
                after && soon && nothing
            });
            let first = first.unwrap_or(time);
            let total = self.total.as_ref();
            fits && total.is_none_or(|d| time.order(&self.end(first, d)).is_le())
                && self.any(rest, Some(first), Some(time), &[])
        })
    }

    fn end(&self, from: &Value, length: &Duration) -> Value {
        self.reference
            .later(from, i64::from(length.count), length.unit)
    }

    /// A last `did_not`: the time has gone by, and there was no row in it.
    fn stays_away(&self, (step, times): &Step<'_>, previous: &Value) -> bool {
        let after = |t: &Value| t.order(previous).is_gt();
        let Some(within) = &step.within else {
            return !times.iter().any(after);
        };
        let end = self.end(previous, within);
        let clock = &self.reference.clock;
        let gone = match &end {
            // The last of its days counts as past, as for rows (promise 3).
            Value::Date(_) => clock.is_past(&end),
            Value::Instant(t) => *t <= clock.as_of,
            Value::Local(t, zone) => *t <= zone.as_ref().unwrap().to_datetime(clock.as_of),
            other => panic!("{other:?} is no time"),
        };
        gone && !times.iter().any(|t| after(t) && t.order(&end).is_le())
    }
}
