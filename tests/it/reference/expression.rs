//! Expressions as written, of one row, in three-valued logic (`language.md` §4).

use super::rows::{RelationRow, Table};
use super::value::{Value, align};
use super::{Person, Reference, functions};
use jiff::tz::TimeZone;
use segc::expr::Unit;
use segc::snippet::{Ast, AstKind, BinaryOp, IsWhat, UnaryOp};
use segc::source::Spanned;
use segc::spec::AggFunction;
use std::cmp::Ordering;

/// Whose row an expression speaks of.
#[derive(Clone, Copy)]
pub(super) struct Place<'r> {
    pub(super) person: Person,
    /// In a relation's predicates and aggregates.
    pub(super) row: Option<&'r RelationRow>,
    /// Of a table that stands alone.
    pub(super) columns: Option<(&'r Table, usize)>,
    /// What a tail compares.
    pub(super) subject: Option<&'r Value>,
}

impl<'r> Place<'r> {
    pub(super) fn of(person: Person) -> Self {
        Self {
            person,
            row: None,
            columns: None,
            subject: None,
        }
    }

    pub(super) fn at(person: Person, row: &'r RelationRow) -> Self {
        Self {
            row: Some(row),
            ..Self::of(person)
        }
    }
}

impl Reference<'_> {
    pub(super) fn eval(&self, ast: &Ast, place: Place<'_>) -> Value {
        let of = |ast: &Ast| self.eval(ast, place);
        match &ast.kind {
            AstKind::Literal(literal) => Value::of(literal),
            AstKind::Interval { .. } => panic!("an interval stands beside + and - only"),
            AstKind::Name(path) => {
                let path: Vec<&str> = path.iter().map(|p| p.as_str()).collect();
                match (place.row, place.columns) {
                    (Some(row), _) => self.row_name(place.person, row, &path),
                    (None, Some((table, row))) => table.value(row, path[0]),
                    (None, None) => self.entity_name(place.person, &path),
                }
            }
            AstKind::Subject => place.subject.expect("only tails have one").clone(),
            AstKind::Unary { op, of: inner } => match (op, of(inner)) {
                (_, Value::Null) => Value::Null,
                (UnaryOp::Not, Value::Bool(b)) => Value::Bool(!b),
                (UnaryOp::Plus, value) => value,
                (UnaryOp::Minus, value) => self.arithmetic(BinaryOp::Sub, &Value::Int(0), &value),
                (op, value) => panic!("{op:?} {value:?}"),
            },
            AstKind::Binary { op, left, right } => self.binary(*op, left, right, place),
            AstKind::Is {
                of: x,
                what,
                negated,
            } => {
                let value = of(x);
                let is = match what {
                    IsWhat::Null => value.is_null(),
                    IsWhat::True => value.is_true(),
                    IsWhat::False => matches!(value, Value::Bool(false)),
                };
                Value::Bool(is != *negated)
            }
            AstKind::IsDistinct {
                left,
                right,
                negated,
            } => {
                let (left, right) = (of(left), of(right));
                let same = match self.compare(&left, &right, place) {
                    Some(order) => order.is_eq(),
                    None => left.is_null() && right.is_null(),
                };
                Value::Bool(same == *negated)
            }
            AstKind::In {
                of: x,
                list,
                negated,
            } => {
                let value = of(x);
                let items = list.iter().flat_map(|item| match of(item) {
                    // `in var('names')`
                    Value::Array(items) => items,
                    item => vec![item],
                });
                let equal = items.map(|item| self.equal(&value, &item, place));
                let any = equal.fold(Value::Bool(false), |a, b| or(&a, &b));
                if *negated { not(&any) } else { any }
            }
            AstKind::Between {
                of: x,
                low,
                high,
                negated,
            } => {
                let (value, low, high) = (of(x), of(low), of(high));
                let above = self.test(&low, &value, place, Ordering::is_le);
                let below = self.test(&value, &high, place, Ordering::is_le);
                let inside = and(&above, &below);
                if *negated { not(&inside) } else { inside }
            }
            AstKind::Like {
                of: text,
                pattern,
                negated,
                any_case,
            } => match (of(text), of(pattern)) {
                (Value::Text(text), Value::Text(pattern)) => {
                    let like = if *any_case {
                        functions::like(&text.to_lowercase(), &pattern.to_lowercase())
                    } else {
                        functions::like(&text, &pattern)
                    };
                    Value::Bool(like != *negated)
                }
                _ => Value::Null,
            },
            AstKind::Case {
                of: operand,
                whens,
                otherwise,
            } => {
                let operand = operand.as_ref().map(|o| of(o));
                for (when, then) in whens {
                    let met = match &operand {
                        Some(operand) => self.equal(operand, &of(when), place),
                        None => of(when),
                    };
                    if met.is_true() {
                        return of(then);
                    }
                }
                otherwise.as_ref().map_or(Value::Null, |e| of(e))
            }
            AstKind::Cast { of: x, ty, .. } => super::cast::cast(&self.clock, of(x), ty),
            AstKind::Call {
                name,
                args,
                distinct,
                filter,
                ..
            } => {
                let name = name.to_lowercase();
                let aggregate = Self::sql_function(&name, *distinct);
                match (aggregate, place.row) {
                    (Some(function), None) => {
                        self.sql_aggregate(place.person, function, args, filter.as_deref())
                    }
                    (Some(_) | None, _) if name == "var" => match of(&args[0]) {
                        Value::Text(var) => self.vars[&var].clone(),
                        other => panic!("var({other})"),
                    },
                    (Some(_) | None, _) => {
                        functions::call(self, &name, args.iter().map(of).collect(), place)
                    }
                }
            }
            AstKind::Array(items) => Value::Array(items.iter().map(of).collect()),
        }
    }

    /// `sum(orders.total) filter (where …)`: over the deepest relation that is named.
    fn sql_aggregate(
        &self,
        person: Person,
        function: AggFunction,
        args: &[Ast],
        filter: Option<&Ast>,
    ) -> Value {
        let mut names = Vec::new();
        for ast in args.iter().chain(filter) {
            heads(ast, &mut names);
        }
        let relations = names.iter().filter_map(|n| self.relation(person, n));
        let depth = |name: &str| {
            let via = |name: &str| self.relation(person, name)?.via.as_ref();
            let mut depth = 0;
            let mut at = name;
            while let Some(parent) = via(at) {
                (depth, at) = (depth + 1, parent);
            }
            depth
        };
        let relation = relations.max_by_key(|r| depth(&r.name)).unwrap();
        let relation = relation.name.as_str();
        let mut rows = self.rows(person, relation, false).as_ref().clone();
        if let Some(filter) = filter {
            rows.retain(|row| self.eval(filter, Place::at(person, row)).is_true());
        }
        let whole = match args {
            [] => true,
            [arg, ..] => matches!(&arg.kind, AstKind::Name(path) if path.len() == 1),
        };
        let inputs = (!whole).then(|| {
            let value = |row: &RelationRow| self.eval(&args[0], Place::at(person, row));
            rows.iter().map(value).collect()
        });
        self.aggregate_of(person, function, &rows, inputs)
    }

    fn binary(&self, op: BinaryOp, left: &Ast, right: &Ast, place: Place<'_>) -> Value {
        let of = |ast: &Ast| self.eval(ast, place);
        match (op, &left.kind, &right.kind) {
            (BinaryOp::Add, _, AstKind::Interval { count, unit }) => {
                return self.later(&of(left), *count, *unit);
            }
            (BinaryOp::Add, AstKind::Interval { count, unit }, _) => {
                return self.later(&of(right), *count, *unit);
            }
            (BinaryOp::Sub, _, AstKind::Interval { count, unit }) => {
                return self.later(&of(left), -*count, *unit);
            }
            _ => {}
        }
        let (left, right) = (of(left), of(right));
        let test = |by: fn(Ordering) -> bool| self.test(&left, &right, place, by);
        match op {
            BinaryOp::And => and(&left, &right),
            BinaryOp::Or => or(&left, &right),
            BinaryOp::Eq => test(Ordering::is_eq),
            BinaryOp::Ne => test(Ordering::is_ne),
            BinaryOp::Lt => test(Ordering::is_lt),
            BinaryOp::Le => test(Ordering::is_le),
            BinaryOp::Gt => test(Ordering::is_gt),
            BinaryOp::Ge => test(Ordering::is_ge),
            BinaryOp::Concat => functions::concat(&[left, right]),
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                self.arithmetic(op, &left, &right)
            }
        }
    }

    /// Exact between whole numbers and decimals, save `/`, which is real division.
    pub(super) fn arithmetic(&self, op: BinaryOp, left: &Value, right: &Value) -> Value {
        if left.is_null() || right.is_null() {
            return Value::Null;
        }
        if let (Some(a), Some(b), true) = (left.exact(), right.exact(), op != BinaryOp::Div) {
            let (x, y, scale) = align(a, b);
            let (digits, scale) = match op {
                BinaryOp::Add => (x + y, scale),
                BinaryOp::Sub => (x - y, scale),
                BinaryOp::Mul => (a.0 * b.0, a.1 + b.1),
                BinaryOp::Mod if y == 0 => return Value::Null,
                BinaryOp::Mod => (x % y, scale),
                op => panic!("{op:?}"),
            };
            return if scale == 0 {
                Value::Int(digits)
            } else {
                Value::Decimal(digits, scale)
            };
        }
        let (x, y) = (left.float().unwrap(), right.float().unwrap());
        Value::Float(match op {
            BinaryOp::Add => x + y,
            BinaryOp::Sub => x - y,
            BinaryOp::Mul => x * y,
            BinaryOp::Div if y == 0.0 => return Value::Null,
            BinaryOp::Div => x / y,
            op => panic!("{op:?}"),
        })
    }

    /// `count` units after a moment.
    pub(super) fn later(&self, moment: &Value, count: i64, unit: Unit) -> Value {
        let span = super::span(count, unit);
        match moment {
            Value::Null => Value::Null,
            Value::Date(d) => Value::Date(d.checked_add(span).unwrap()),
            Value::Local(t, zone) => Value::Local(t.checked_add(span).unwrap(), zone.clone()),
            Value::Instant(t) => Value::Instant(self.clock.shift(*t, count, unit)),
            other => panic!("{other:?} is no time"),
        }
    }

    /// How wall clocks are read here.
    pub(super) fn zone_at(&self, place: Place<'_>) -> TimeZone {
        match place.row {
            Some(row) => self.zone_of(place.person, row.relation()),
            None => self.clock.zone.clone(),
        }
    }

    /// The order of two values, None if one is NULL. An instant beside a date or a wall clock is read on that clock.
    pub(super) fn compare(&self, a: &Value, b: &Value, place: Place<'_>) -> Option<Ordering> {
        if a.is_null() || b.is_null() {
            return None;
        }
        Some(self.beside(a, b, place).order(&self.beside(b, a, place)))
    }

    /// The value as it is read beside another.
    pub(super) fn beside(&self, value: &Value, other: &Value, place: Place<'_>) -> Value {
        let zone = match other {
            Value::Date(_) => self.clock.zone.clone(),
            Value::Local(_, Some(zone)) => zone.clone(),
            Value::Local(_, None) => self.zone_at(place),
            _ => return value.clone(),
        };
        match value {
            Value::Instant(t) => Value::Local(zone.to_datetime(*t), Some(zone)),
            other => other.clone(),
        }
    }

    fn test(&self, a: &Value, b: &Value, place: Place<'_>, by: fn(Ordering) -> bool) -> Value {
        let order = self.compare(a, b, place);
        order.map_or(Value::Null, |order| Value::Bool(by(order)))
    }

    pub(super) fn equal(&self, a: &Value, b: &Value, place: Place<'_>) -> Value {
        self.test(a, b, place, Ordering::is_eq)
    }
}

fn not(value: &Value) -> Value {
    match value {
        Value::Bool(b) => Value::Bool(!b),
        other => other.clone(),
    }
}

fn and(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
        (Value::Bool(true), Value::Bool(true)) => Value::Bool(true),
        _ => Value::Null,
    }
}

fn or(a: &Value, b: &Value) -> Value {
    not(&and(&not(a), &not(b)))
}

/// The first parts of all names in an expression.
fn heads(ast: &Ast, found: &mut Vec<String>) {
    let mut each = |asts: &[&Ast]| asts.iter().for_each(|a| heads(a, found));
    match &ast.kind {
        AstKind::Name(path) => {
            let head: &Spanned<String> = &path[0];
            found.push(head.value.clone());
        }
        AstKind::Literal(_) => {}
        AstKind::Interval { .. } | AstKind::Subject => {}
        AstKind::Unary { of, .. } | AstKind::Is { of, .. } | AstKind::Cast { of, .. } => {
            each(&[of]);
        }
        AstKind::Binary { left, right, .. } | AstKind::IsDistinct { left, right, .. } => {
            each(&[left, right]);
        }
        AstKind::In { of, list, .. } => {
            each(&[of]);
            list.iter().for_each(|a| heads(a, found));
        }
        AstKind::Between { of, low, high, .. } => each(&[of, low, high]),
        AstKind::Like { of, pattern, .. } => each(&[of, pattern]),
        AstKind::Case {
            of,
            whens,
            otherwise,
        } => {
            of.iter().chain(otherwise).for_each(|a| heads(a, found));
            for (when, then) in whens {
                heads(when, found);
                heads(then, found);
            }
        }
        AstKind::Call { args, filter, .. } => {
            args.iter().for_each(|a| heads(a, found));
            filter.iter().for_each(|a| heads(a, found));
        }
        AstKind::Array(items) => items.iter().for_each(|a| heads(a, found)),
    }
}
