//! Conditions, segments and groups (`language.md` §6, §7): true or false of everybody.

use super::expression::Place;
use super::rows::RelationRow;
use super::value::Value;
use super::{Person, Reference, functions};
use segc::spec::{AggFunction, Condition, ConditionKind, GroupSpec, Name, SplitSpec, WindowSpec};

impl Reference<'_> {
    /// Whether somebody meets a condition.
    pub(super) fn holds(&self, person: Person, condition: &Condition) -> bool {
        let count = |of: &[Condition]| of.iter().filter(|c| self.holds(person, c)).count();
        match &condition.kind {
            ConditionKind::Sql(sql) => self.evaluate(sql, Place::of(person)).is_true(),
            ConditionKind::All(of) => count(of) == of.len(),
            ConditionKind::Any(of) => count(of) > 0,
            ConditionKind::None(of) => count(of) == 0,
            ConditionKind::Not(of) => !self.holds(person, of),
            ConditionKind::AtLeast { count: n, of } => count(of) >= n.value as usize,
            ConditionKind::AtMost { count: n, of } => count(of) <= n.value as usize,
            ConditionKind::Exactly { count: n, of } => count(of) == n.value as usize,
            ConditionKind::Did {
                relation,
                rows,
                times,
            } => {
                let found = self.chosen(person, relation, rows).len();
                match times {
                    None => found > 0,
                    Some(tail) => self.tail_holds(tail, person, &Value::Int(found as i128)),
                }
            }
            ConditionKind::DidNot { relation, rows } => {
                self.chosen(person, relation, rows).is_empty()
            }
            ConditionKind::Aggregate { value, is } => {
                let value = self.aggregate(person, value);
                self.tail_holds(is, person, &value)
            }
            ConditionKind::FirstTime { relation, rows } => {
                let window = rows.window.as_ref().unwrap();
                let bounds = self.clock.bounds(window);
                let ahead = matches!(window.value, WindowSpec::Next(_));
                let all = self.rows(person, relation, ahead);
                let met = |row: &&RelationRow| self.all_true(&rows.filter, Place::at(person, row));
                let rows_ever: Vec<_> = all.iter().filter(met).collect();
                let first = rows_ever.iter().min_by(|a, b| a.time.order(&b.time));
                first.is_some_and(|row| bounds.hold(&row.time))
            }
            ConditionKind::In(names) => self.is_in_any(person, names),
            ConditionKind::NotIn(names) => !self.is_in_any(person, names),
            ConditionKind::Across(across) => self.is_across(person, across),
            ConditionKind::Stay(stay) => self.has_stayed(person, stay),
            ConditionKind::Habit(habit) => self.has_habit(person, habit),
            ConditionKind::Top(spec) => self.population(person, spec).is_true(),
            ConditionKind::Sequence(spec) => self.happened_in_sequence(person, spec),
            ConditionKind::Anniversary(spec) => self.has_anniversary(person, spec),
            ConditionKind::InList(names) => self.is_listed(person, names),
            ConditionKind::Native(spec) => self.native(person, spec).is_true(),
            #[allow(
                unreachable_patterns,
                reason = "until the reference knows what has just been added"
            )]
            other => panic!("the reference does not know {other:?} yet"),
        }
    }

    fn is_in_any(&self, person: Person, names: &[Name]) -> bool {
        names.iter().any(|name| self.is_in(person, name))
    }

    pub(super) fn is_member(&self, person: Person, name: &str) -> bool {
        let asked = (person, name.to_owned());
        if let Some(member) = self.memory.borrow().members.get(&asked) {
            return *member;
        }
        let segment = self.spec.segments.iter().find(|s| *s.item.name == name);
        let member = match (segment, self.holdout) {
            (Some(segment), _) => self.holds(person, &segment.condition),
            (None, Some(holdout)) if name == "holdout" => {
                let key = self.key(person).to_string();
                functions::bucket(&key, 10_000, &holdout.salt)
                    < i128::from(holdout.share.value.parts())
            }
            (None, _) => {
                let (of, part) = name.split_once('.').unwrap();
                let group = self.spec.groups.iter().find(|g| *g.item.name == of);
                let split = self.spec.splits.iter().find(|s| *s.item.name == of);
                match (group, split) {
                    (Some(group), _) => self.case_of(person, group) == Some(part),
                    (None, Some(split)) => self.arm_of(person, split) == Some(part),
                    (None, None) => panic!("there is no {name}"),
                }
            }
        };
        self.memory.borrow_mut().members.insert(asked, member);
        member
    }

    /// The first case that matches, or `otherwise`.
    fn case_of<'g>(&self, person: Person, group: &'g GroupSpec) -> Option<&'g str> {
        let mut cases = group.cases.iter();
        let first = cases.find(|case| self.holds(person, &case.condition));
        match first {
            Some(case) => Some(case.name.as_str()),
            None => group.otherwise.as_ref().map(|name| name.as_str()),
        }
    }

    /// The arm whose range of buckets holds the key, of a member of what is split.
    fn arm_of<'g>(&self, person: Person, split: &'g SplitSpec) -> Option<&'g str> {
        if !self.is_member(person, &split.of) {
            return None;
        }
        let bucket = functions::bucket(&self.key(person).to_string(), 10_000, &split.salt);
        let mut end = 0;
        let mut arms = split.arms.iter();
        let arm = arms.find(|(_, share)| {
            end += i128::from(share.value.parts());
            bucket < end
        });
        arm.map(|(name, _)| name.as_str())
    }

    /// `count(distinct x)` and `count(x)` are different functions.
    pub(super) fn sql_function(name: &str, distinct: bool) -> Option<AggFunction> {
        match AggFunction::parse(name)? {
            AggFunction::Count if distinct => Some(AggFunction::CountDistinct),
            function => Some(function),
        }
    }
}
