//! Conditions as written become predicates over measures: the sugar of `language.md` §6 ends here.

use super::references::SegmentNames;
use super::scope::EntityScope;
use super::typing::{self, Context};
use super::{EntityExpr, Predicate, SegmentId, Window};
use super::{measure, native, population, rows, written};
use crate::diag::Diagnostics;
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::snippet::{self, Snippet};
use crate::source::{At, Span};
use crate::spec::{Condition, ConditionKind, Name, Rows, WindowSpec};

/// Resolves the conditions of one item, and remembers what they refer to.
pub(super) struct Conditions<'a> {
    pub(super) scope: EntityScope<'a>,
    pub(super) ctx: &'a Context,
    pub(super) names: &'a SegmentNames,
    /// Segments that were named, each once.
    pub(super) references: Vec<SegmentId>,
}

impl Conditions<'_> {
    /// The predicate of a condition. All that is wrong in it is reported before it is given up.
    pub(super) fn resolve(
        &mut self,
        condition: &Condition,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        match &condition.kind {
            ConditionKind::Sql(snippet) => self.sql(snippet, diags),
            ConditionKind::All(of) => Some(all(self.each(of, diags)?)),
            ConditionKind::Any(of) => Some(any(self.each(of, diags)?)),
            ConditionKind::None(of) => Some(not(any(self.each(of, diags)?))),
            ConditionKind::Not(of) => Some(not(self.resolve(of, diags)?)),
            ConditionKind::AtLeast { count, of } => self.count(Some(count.value), None, of, diags),
            ConditionKind::AtMost { count, of } => self.count(None, Some(count.value), of, diags),
            ConditionKind::Exactly { count, of } => {
                self.count(Some(count.value), Some(count.value), of, diags)
            }
            ConditionKind::Did {
                relation,
                rows,
                times,
            } => self.did(relation, rows, times.as_ref(), condition.span, diags),
            ConditionKind::DidNot { relation, rows } => Some(not(self.did(
                relation,
                rows,
                None,
                condition.span,
                diags,
            )?)),
            ConditionKind::Aggregate { value, is } => {
                let subject = written::from_yaml(
                    self.scope.world,
                    self.scope.entity,
                    self.scope.measures,
                    value,
                    self.ctx,
                    diags,
                );
                self.tail(is, &subject?, diags)
            }
            ConditionKind::FirstTime { relation, rows } => {
                self.first_time(relation, rows, condition.span, diags)
            }
            ConditionKind::Habit(habit) => self.habit(habit, condition.span, diags),
            ConditionKind::Anniversary(spec) => self.anniversary(spec, condition.span, diags),
            ConditionKind::Sequence(spec) => self.sequence(spec, condition.span, diags),
            ConditionKind::In(names) => self.within(names, diags),
            ConditionKind::Top(spec) => population::resolve(spec, self, diags).map(leaf),
            ConditionKind::Native(spec) => {
                let parsed = native::parse(spec, true, self.scope.world, diags)?;
                native::resolve(&parsed, &mut self.scope, diags).map(leaf)
            }
            ConditionKind::NotIn(names) => Some(not(self.within(names, diags)?)),
            ConditionKind::Across(spec) => self.across(spec, condition.span, diags),
            ConditionKind::InList(names) => self.in_list(names, diags),
            ConditionKind::Stay(stay) => self.stay(stay, condition.span, diags),
        }
    }

    /// A SQL leaf.
    pub(super) fn sql(&mut self, snippet: &Snippet, diags: &mut Diagnostics) -> Option<Predicate> {
        self.scope.condition(snippet, self.ctx, diags).map(leaf)
    }

    fn each(&mut self, of: &[Condition], diags: &mut Diagnostics) -> Option<Vec<Predicate>> {
        let resolved: Vec<_> = of.iter().map(|c| self.resolve(c, diags)).collect();
        resolved.into_iter().collect()
    }

    fn count(
        &mut self,
        min: Option<u32>,
        max: Option<u32>,
        of: &[Condition],
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let of = self.each(of, diags)?;
        Some(Predicate::Count { min, max, of })
    }

    fn did(
        &mut self,
        relation: &Name,
        rows: &Rows,
        times: Option<&Snippet>,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let id = self
            .scope
            .world
            .require_relation(self.scope.entity, relation, diags)?;
        let set = rows::rows(self.scope.world, id, rows, self.ctx, diags)?;
        match times {
            None => Some(leaf(measure::exists(self.scope.measures, &set, None, span))),
            Some(times) => {
                let count = measure::count(self.scope.measures, &set, relation.span);
                self.tail(times, &count, diags)
            }
        }
    }

    pub(super) fn tail(
        &mut self,
        tail: &Snippet,
        subject: &EntityExpr,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        self.scope.begin();
        let ast = snippet::parse_tail(tail, diags)?;
        let expr = typing::check_tail(&ast, subject, &mut self.scope, self.ctx, diags)?;
        typing::condition(expr, diags).map(leaf)
    }

    /// The first row ever, of those that the filter lets through, lies in the window.
    fn first_time(
        &mut self,
        relation: &Name,
        rows: &Rows,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let world = self.scope.world;
        let id = world.require_relation(self.scope.entity, relation, diags)?;
        let filter = rows::filter(world, id, rows, self.ctx, diags);
        let time = rows::require_time(world, id, "`first_time`", relation.span, diags);
        let window = match &rows.window {
            None => Some(Window::default()),
            Some(window) => rows::window(world, id, window, self.ctx, diags),
        };
        let (filter, time, window) = (filter?, time?, window?);
        let ever = match rows.window.as_ref().map(|w| &w.value) {
            // The first ever may be one that is still to come.
            Some(WindowSpec::Next(_)) => Window {
                from: None,
                until: window.until.clone(),
            },
            _ => Window::default(),
        };
        let set = rows::row_set(world, id, filter, &ever)?;
        let first = measure::first_time(self.scope.measures, &set, time, span);
        let at = At(span);
        let compare = |func, bound: Literal| {
            Expr::call(
                func,
                vec![first.clone(), Expr::literal(bound, time.ty.clone(), at)],
                Type::Boolean,
                at,
            )
        };
        let lower = window.from.map(|from| compare(Func::Ge, from));
        let upper = window.until.map(|until| compare(Func::Lt, until));
        Some(leaf(match (lower, upper) {
            (Some(lower), Some(upper)) => {
                Expr::call(Func::And, vec![lower, upper], Type::Boolean, at)
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => Expr::call(Func::IsNotNull, vec![first], Type::Boolean, at),
        }))
    }

    /// In any of the segments.
    fn within(&mut self, names: &[Name], diags: &mut Diagnostics) -> Option<Predicate> {
        let resolved: Vec<_> = names.iter().map(|name| self.member(name, diags)).collect();
        Some(any(resolved.into_iter().collect::<Option<_>>()?))
    }

    fn member(&mut self, name: &Name, diags: &mut Diagnostics) -> Option<Predicate> {
        let entity = self.scope.entity;
        if let Some(other) = self.names.entity(&name.value)
            && other != entity
        {
            return self.only_way(name, other, diags);
        }
        let id = self.names.require(name, entity, self.scope.world, diags)?;
        self.refer(id);
        Some(Predicate::Segment(id))
    }

    pub(super) fn refer(&mut self, id: SegmentId) {
        if !self.references.contains(&id) {
            self.references.push(id);
        }
    }
}

/// A leaf, or the constant that it is.
pub(super) fn leaf(expr: EntityExpr) -> Predicate {
    match &expr.kind {
        ExprKind::Literal(literal) => Predicate::Constant(*literal == Literal::Boolean(true)),
        ExprKind::Column(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => Predicate::Leaf(expr),
    }
}

fn one_or(of: Vec<Predicate>, many: impl FnOnce(Vec<Predicate>) -> Predicate) -> Predicate {
    match <[Predicate; 1]>::try_from(of) {
        Ok([only]) => only,
        Err(of) => many(of),
    }
}

/// All of these hold.
pub(super) fn all(of: Vec<Predicate>) -> Predicate {
    let mut flat = Vec::with_capacity(of.len());
    for predicate in of {
        if let Predicate::All(inner) = predicate {
            flat.extend(inner);
        } else {
            flat.push(predicate);
        }
    }
    one_or(flat, Predicate::All)
}

/// At least one of these holds.
pub(super) fn any(of: Vec<Predicate>) -> Predicate {
    let mut flat = Vec::with_capacity(of.len());
    for predicate in of {
        if let Predicate::Any(inner) = predicate {
            flat.extend(inner);
        } else {
            flat.push(predicate);
        }
    }
    one_or(flat, Predicate::Any)
}

pub(super) fn not(of: Predicate) -> Predicate {
    match of {
        Predicate::Constant(value) => Predicate::Constant(!value),
        Predicate::Not(of) => *of,
        Predicate::Leaf(_)
        | Predicate::All(_)
        | Predicate::Any(_)
        | Predicate::Count { .. }
        | Predicate::Segment(_)
        | Predicate::Case { .. } => Predicate::Not(Box::new(of)),
    }
}
