//! What a condition says, as far as logic goes: which values of which expressions make it true.
//!
//! A SQL leaf is true, false or NULL; here each gets two formulas, one for "true" and one for "false", and NULL is neither. Expressions
//! that are not compared with literals stay closed: free to be true, false or NULL.

use super::set::{Set, Value};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::{Atom, Col, EntityExpr, EntityId, Measure, Model, RelationId, RowExpr};
use std::collections::HashMap;
use std::rc::Rc;

/// What the columns of an expression belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::lint) enum Scope {
    Entity(EntityId),
    Row(RelationId),
}

/// Index into [`Subjects`].
pub(super) type SubjectId = usize;

/// What must be so.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Formula {
    /// The subject's value is one of these.
    In(SubjectId, Set),
    All(Vec<Rc<Self>>),
    Any(Vec<Rc<Self>>),
    Not(Rc<Self>),
    /// Between so many of these hold.
    Count {
        min: usize,
        max: usize,
        of: Vec<Rc<Self>>,
    },
}

/// Whose values formulas speak of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Value(Scope, EntityExpr),
    /// How the first compares with the second: -1, 0, 1.
    Order(Scope, EntityExpr, EntityExpr),
    /// How many rows there are.
    Rows(Measure),
    /// Not known, and like no other.
    Free(usize),
}

/// All subjects of a project, each once.
pub(super) struct Subjects<'a> {
    model: &'a Model,
    ids: HashMap<Subject, SubjectId>,
    /// The values that each can have, and whether they are whole numbers.
    pub(super) domains: Vec<(Set, bool)>,
    /// The counts of rows, by relation: only those of one relation are among each other.
    rows: HashMap<RelationId, Vec<(SubjectId, Measure)>>,
    /// The subjects that count more rows than one does, whatever the rows are.
    pub(super) among: HashMap<SubjectId, Vec<SubjectId>>,
}

/// When an expression is true, and when it is false.
struct Truth {
    yes: Rc<Formula>,
    no: Rc<Formula>,
}

fn never() -> Rc<Formula> {
    Rc::new(Formula::Any(Vec::new()))
}

pub(super) fn not(formula: Rc<Formula>) -> Rc<Formula> {
    Rc::new(Formula::Not(formula))
}

impl<'a> Subjects<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self {
            model,
            ids: HashMap::new(),
            domains: Vec::new(),
            rows: HashMap::new(),
            among: HashMap::new(),
        }
    }

    fn intern(&mut self, subject: Subject, domain: Set, whole: bool) -> SubjectId {
        if let Some(id) = self.ids.get(&subject) {
            return *id;
        }
        let id = self.domains.len();
        if let Subject::Rows(measure) = &subject {
            let counts = self.rows.entry(measure.relation).or_default();
            for (other, rows) in counts.iter() {
                if fewer(measure, rows) {
                    self.among.entry(id).or_default().push(*other);
                }
                if fewer(rows, measure) {
                    self.among.entry(*other).or_default().push(id);
                }
            }
            counts.push((id, measure.clone()));
        }
        self.ids.insert(subject, id);
        self.domains.push((domain, whole));
        id
    }

    /// Something that may or may not be.
    pub(super) fn free(&mut self) -> Rc<Formula> {
        let subject = Subject::Free(self.domains.len());
        let domain = self.truth_values(false);
        let id = self.intern(subject, domain, true);
        Rc::new(Formula::In(id, Set::point(Value::int(1))))
    }

    fn truth_values(&self, null: bool) -> Set {
        let end = |n| Some((Value::int(n), true));
        Set::between(end(0), end(1)).or_null(null)
    }

    /// When a condition on an entity is true.
    pub(super) fn leaf(&mut self, entity: EntityId, expr: &EntityExpr) -> Rc<Formula> {
        self.truth(Scope::Entity(entity), expr).yes
    }

    /// When a condition on a row is true.
    pub(super) fn row(&mut self, relation: RelationId, expr: &RowExpr) -> Rc<Formula> {
        let expr = expr.substitute(&mut |col: &Col, ty, at| {
            Expr::new(ExprKind::Column(Atom::Column(col.clone())), ty.clone(), at)
        });
        self.truth(Scope::Row(relation), &expr).yes
    }

    fn truth(&mut self, scope: Scope, expr: &EntityExpr) -> Truth {
        let known = match &expr.kind {
            ExprKind::Literal(Literal::Null) => Some(Truth {
                yes: never(),
                no: never(),
            }),
            ExprKind::Literal(_) => {
                let yes = self.free();
                Some(Truth {
                    no: not(Rc::clone(&yes)),
                    yes,
                })
            }
            ExprKind::Call(func, args) => self.call(scope, *func, args),
            ExprKind::Column(_) => self.exists(expr),
            ExprKind::Case { .. } | ExprKind::Cast { .. } => None,
        };
        known.unwrap_or_else(|| {
            let id = self.value(scope, expr);
            self.one_of(id, Set::point(Value::int(1)))
        })
    }

    /// True where the subject has one of the values, false where it has another, and NULL where it is NULL.
    fn one_of(&mut self, id: SubjectId, set: Set) -> Truth {
        let others = set.complement().or_null(false);
        Truth {
            yes: Rc::new(Formula::In(id, set.or_null(false))),
            no: Rc::new(Formula::In(id, others)),
        }
    }

    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "all other functions are closed"
    )]
    fn call(&mut self, scope: Scope, func: Func, args: &[EntityExpr]) -> Option<Truth> {
        let swap = |truth: Truth| Truth {
            yes: truth.no,
            no: truth.yes,
        };
        match (func, args) {
            (Func::And | Func::Or, _) => {
                let (yes, no): (Vec<_>, Vec<_>) = args
                    .iter()
                    .map(|a| self.truth(scope, a))
                    .map(|t| (t.yes, t.no))
                    .unzip();
                let both = Truth {
                    yes: Rc::new(Formula::All(yes.clone())),
                    no: Rc::new(Formula::Any(no.clone())),
                };
                let either = Truth {
                    yes: Rc::new(Formula::Any(yes)),
                    no: Rc::new(Formula::All(no)),
                };
                Some(if func == Func::And { both } else { either })
            }
            (Func::Not, [of]) => Some(swap(self.truth(scope, of))),
            (Func::IsNull, [of]) => Some(self.is_null(scope, of)),
            (Func::IsNotNull, [of]) => Some(swap(self.is_null(scope, of))),
            (Func::IsTrue | Func::IsNotTrue | Func::IsFalse | Func::IsNotFalse, [of]) => {
                let truth = self.truth(scope, of);
                let yes = match func {
                    Func::IsTrue | Func::IsNotTrue => truth.yes,
                    _ => truth.no,
                };
                let is = Truth {
                    no: not(Rc::clone(&yes)),
                    yes,
                };
                Some(match func {
                    Func::IsTrue | Func::IsFalse => is,
                    _ => swap(is),
                })
            }
            (Func::Eq | Func::Ne | Func::Lt | Func::Le | Func::Gt | Func::Ge, [a, b]) => {
                self.compare(scope, func, a, b)
            }
            (Func::IsDistinctFrom, [a, b]) => self.same(scope, a, b).map(swap),
            (Func::IsNotDistinctFrom, [a, b]) => self.same(scope, a, b),
            (Func::In, [of, list @ ..]) => self.list(scope, of, list),
            (Func::NotIn, [of, list @ ..]) => self.list(scope, of, list).map(swap),
            (Func::Between, [of, low, high]) => self.between(scope, of, low, high),
            (Func::NotBetween, [of, low, high]) => self.between(scope, of, low, high).map(swap),
            (Func::NotLike, _) => Some(swap(self.closed(scope, Func::Like, args))),
            (Func::NotILike, _) => Some(swap(self.closed(scope, Func::ILike, args))),
            _ => None,
        }
    }

    /// A call that nothing more is known of.
    fn closed(&mut self, scope: Scope, func: Func, args: &[EntityExpr]) -> Truth {
        let at = args.first().map(|a| a.at);
        let expr = at.map(|at| Expr::call(func, args.to_vec(), Type::Boolean, at));
        match expr {
            Some(expr) => {
                let id = self.value(scope, &expr);
                self.one_of(id, Set::point(Value::int(1)))
            }
            None => {
                let yes = self.free();
                Truth {
                    no: not(Rc::clone(&yes)),
                    yes,
                }
            }
        }
    }

    fn is_null(&mut self, scope: Scope, of: &EntityExpr) -> Truth {
        let is = if of.ty == Type::Boolean {
            let truth = self.truth(scope, of);
            not(Rc::new(Formula::Any(vec![truth.yes, truth.no])))
        } else {
            let id = self.value(scope, of);
            Rc::new(Formula::In(id, Set::null()))
        };
        Truth {
            no: not(Rc::clone(&is)),
            yes: is,
        }
    }

    fn compare(
        &mut self,
        scope: Scope,
        func: Func,
        a: &EntityExpr,
        b: &EntityExpr,
    ) -> Option<Truth> {
        if let (None, Some(_)) = (literal(b), literal(a)) {
            return self.compare(scope, flip(func), b, a);
        }
        if let Some(b) = literal(b) {
            let set = satisfying(func, Value::of(b)?);
            let id = self.value(scope, a);
            return Some(self.one_of(id, set));
        }
        // Two values: what is known is how they compare.
        let (x, y) = (
            Subject::Order(scope, a.clone(), b.clone()),
            Subject::Order(scope, b.clone(), a.clone()),
        );
        let (subject, func) = if self.ids.contains_key(&y) {
            (y, flip(func))
        } else {
            (x, func)
        };
        let end = |n| Some((Value::int(n), true));
        let domain = Set::between(end(-1), end(1)).or_null(true);
        let id = self.intern(subject, domain, true);
        Some(self.one_of(id, satisfying(func, Value::int(0))))
    }

    /// `is not distinct from` a literal.
    fn same(&mut self, scope: Scope, a: &EntityExpr, b: &EntityExpr) -> Option<Truth> {
        let (of, value) = match (literal(a), literal(b)) {
            (_, Some(value)) => (a, value),
            (Some(value), None) => (b, value),
            (None, None) => return None,
        };
        if *value == Literal::Null {
            return Some(self.is_null(scope, of));
        }
        let set = Set::point(Value::of(value)?);
        let id = self.value(scope, of);
        let yes = Rc::new(Formula::In(id, set));
        Some(Truth {
            no: not(Rc::clone(&yes)),
            yes,
        })
    }

    fn list(&mut self, scope: Scope, of: &EntityExpr, list: &[EntityExpr]) -> Option<Truth> {
        let mut values = Vec::new();
        let mut has_null = false;
        for item in list {
            let value = literal(item)?;
            if *value == Literal::Null {
                has_null = true;
            } else {
                values.push(Value::of(value)?);
            }
        }
        let id = self.value(scope, of);
        let points: Vec<Rc<Formula>> = values
            .iter()
            .map(|v| Rc::new(Formula::In(id, Set::point(v.clone()))))
            .collect();
        let mut others = Set::values();
        for value in values {
            others = others.and(&Set::point(value).complement())?;
        }
        let no = if has_null {
            never()
        } else {
            Rc::new(Formula::In(id, others.clone()))
        };
        let yes = if points.is_empty() {
            never()
        } else {
            Rc::new(Formula::In(id, others.complement().or_null(false)))
        };
        Some(Truth { yes, no })
    }

    fn between(
        &mut self,
        scope: Scope,
        of: &EntityExpr,
        low: &EntityExpr,
        high: &EntityExpr,
    ) -> Option<Truth> {
        let low = self.compare(scope, Func::Ge, of, low)?;
        let high = self.compare(scope, Func::Le, of, high)?;
        Some(Truth {
            yes: Rc::new(Formula::All(vec![low.yes, high.yes])),
            no: Rc::new(Formula::Any(vec![low.no, high.no])),
        })
    }

    /// The subject that an expression's value is.
    fn value(&mut self, scope: Scope, expr: &EntityExpr) -> SubjectId {
        let expr = bare(expr);
        if let ExprKind::Column(Atom::Measure(id)) = &expr.kind
            && let Some(measure) = self.model.measures.get(id.index())
        {
            if measure.agg == Agg::Count && measure.arg.is_none() {
                return self.intern(Subject::Rows(measure.clone()), natural(), true);
            }
            if measure.agg == Agg::Count || measure.agg == Agg::CountDistinct {
                return self.intern(Subject::Value(scope, expr.clone()), natural(), true);
            }
        }
        let null = nullable(self.model, scope, expr);
        let (domain, whole) = match &expr.ty {
            Type::Boolean => (self.truth_values(null), true),
            Type::Int | Type::Date => (Set::values().or_null(null), true),
            Type::Float
            | Type::Decimal { .. }
            | Type::String
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => (Set::values().or_null(null), false),
        };
        self.intern(Subject::Value(scope, expr.clone()), domain, whole)
    }

    /// "There is a row", as a count of rows.
    fn exists(&mut self, expr: &EntityExpr) -> Option<Truth> {
        let ExprKind::Column(Atom::Measure(id)) = &expr.kind else {
            return None;
        };
        let measure = self.model.measures.get(id.index())?;
        if measure.agg != Agg::Exists {
            return None;
        }
        let rows = Measure {
            agg: Agg::Count,
            arg: None,
            ty: Type::Int,
            ..measure.clone()
        };
        let some = Set::between(Some((Value::int(1), true)), None);
        let id = self.intern(Subject::Rows(rows), natural(), true);
        Some(self.one_of(id, some))
    }
}

/// 0, 1, 2, …
fn natural() -> Set {
    Set::between(Some((Value::int(0), true)), None)
}

/// Whether all rows that `a` counts are among those that `b`, of the same relation, counts, whatever they are.
fn fewer(a: &Measure, b: &Measure) -> bool {
    inside(a, b) && b.filter.iter().all(|c| a.filter.contains(c))
}

fn inside(a: &Measure, b: &Measure) -> bool {
    let value = |l: &Option<Literal>| l.as_ref().and_then(Value::of);
    let after = match (&b.window.from, value(&a.window.from), value(&b.window.from)) {
        (None, _, _) => true,
        (Some(_), Some(a), Some(b)) => is_at_least(&a, &b),
        (Some(_), _, _) => false,
    };
    let before = match (
        &b.window.until,
        value(&a.window.until),
        value(&b.window.until),
    ) {
        (None, _, _) => true,
        (Some(_), Some(a), Some(b)) => is_at_least(&b, &a),
        (Some(_), _, _) => false,
    };
    after && before
}

/// Whether a constant is less than another of its kind.
pub(in crate::lint) fn before(a: &Literal, b: &Literal) -> bool {
    match (Value::of(a), Value::of(b)) {
        (Some(a), Some(b)) => a != b && is_at_least(&b, &a),
        (_, _) => false,
    }
}

fn is_at_least(a: &Value, b: &Value) -> bool {
    a.order(b).is_some_and(std::cmp::Ordering::is_ge)
}

fn literal(expr: &EntityExpr) -> Option<&Literal> {
    if let ExprKind::Literal(literal) = &expr.kind {
        Some(literal)
    } else {
        None
    }
}

/// Without casts that change no number.
fn bare(expr: &EntityExpr) -> &EntityExpr {
    if let ExprKind::Cast {
        expr: inner,
        safe: false,
    } = &expr.kind
        && let Type::Decimal { scale, .. } = expr.ty
    {
        let fits = match inner.ty {
            Type::Int => true,
            Type::Decimal { scale: s, .. } => s <= scale,
            Type::Boolean
            | Type::Float
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => false,
        };
        if fits {
            return bare(inner);
        }
    }
    expr
}

/// Whether an expression may be NULL, as far as is known: keys and counts never are.
pub(in crate::lint) fn nullable(model: &Model, scope: Scope, expr: &EntityExpr) -> bool {
    match &expr.kind {
        ExprKind::Literal(value) => *value == Literal::Null,
        ExprKind::Column(Atom::Column(col)) => {
            let of_relation = |id: RelationId| {
                let relation = model.relations.get(id.index())?;
                let declared = col.slot == 0 && relation.key.contains(&col.name);
                Some(declared || relation.exists_by(col))
            };
            let known = match scope {
                Scope::Row(id) => of_relation(id).unwrap_or(false),
                Scope::Entity(id) => {
                    let entity = model.entities.get(id.index());
                    col.slot == 0 && entity.is_some_and(|e| e.key == col.name)
                }
            };
            !known
        }
        ExprKind::Column(Atom::Measure(id)) => {
            model.measures.get(id.index()).is_none_or(|m| match m.agg {
                Agg::Count | Agg::CountDistinct | Agg::Sum | Agg::Exists | Agg::ListDistinct => {
                    false
                }
                Agg::Avg
                | Agg::Min
                | Agg::Max
                | Agg::Median
                | Agg::Stddev
                | Agg::First
                | Agg::Last
                | Agg::MostFrequent
                | Agg::LeastFrequent => true,
            })
        }
        ExprKind::Call(Func::Coalesce, args) => args.iter().all(|a| nullable(model, scope, a)),
        ExprKind::Column(Atom::Population(_) | Atom::Sequence(_))
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => true,
    }
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "comparisons alone come here"
)]
fn flip(func: Func) -> Func {
    match func {
        Func::Lt => Func::Gt,
        Func::Le => Func::Ge,
        Func::Gt => Func::Lt,
        Func::Ge => Func::Le,
        other => other,
    }
}

/// The values that compare so with this one.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "comparisons alone come here"
)]
fn satisfying(func: Func, value: Value) -> Set {
    match func {
        Func::Ne => Set::point(value).complement().or_null(false),
        Func::Lt => Set::between(None, Some((value, false))),
        Func::Le => Set::between(None, Some((value, true))),
        Func::Gt => Set::between(Some((value, false)), None),
        Func::Ge => Set::between(Some((value, true)), None),
        _ => Set::point(value),
    }
}
