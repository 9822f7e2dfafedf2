//! Values that seldom mean what they say: comparisons that leave out NULL, floats compared for equality, shares of people most of whom
//! have zero.

use super::Checked;
use super::logic::{Scope, nullable};
use crate::diag::codes::lint as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::{
    Atom, Col, EntityExpr, EntityId, Model, Predicate, RelationId, RowExpr, lineage, words,
};
use crate::source::Span;
use crate::spec::population::{First, Statistic};
use std::collections::{HashMap, HashSet};

pub(super) fn check(project: &Checked<'_>, diags: &mut Diagnostics) {
    let model = project.model;
    for segment in &model.segments {
        item(model, segment.entity, &[&segment.predicate], diags);
    }
    for group in &model.groups {
        let cases: Vec<&Predicate> = group.cases.iter().map(|(_, p)| p).collect();
        item(model, group.entity, &cases, diags);
    }
    for (i, entity) in model.entities.iter().enumerate() {
        let id = EntityId(u32::try_from(i).unwrap_or(u32::MAX));
        item(
            model,
            id,
            &entity.suppress.iter().collect::<Vec<_>>(),
            diags,
        );
    }
    for found in &model.traits {
        let walk = Walk::new(model, Scope::Entity(found.entity));
        walk.floats(&found.value, diags);
    }
    rows(model, diags);
}

/// The conditions of one item.
fn item(model: &Model, entity: EntityId, of: &[&Predicate], diags: &mut Diagnostics) {
    let mut walk = Walk::new(model, Scope::Entity(entity));
    let mut leaves: Vec<&EntityExpr> = Vec::new();
    for predicate in of {
        lineage::each_leaf(predicate, &mut |leaf| leaves.push(leaf));
    }
    leaves.iter().for_each(|leaf| walk.asked(leaf));
    for leaf in leaves {
        walk.floats(leaf, diags);
        walk.nulls(leaf, leaf.at.0, diags);
        top(model, leaf, diags);
    }
}

/// Reports a share of everybody by a value that is 0 for whoever has no rows.
fn top(model: &Model, leaf: &EntityExpr, diags: &mut Diagnostics) {
    if let ExprKind::Column(Atom::Population(id)) = &leaf.kind
        && let Some(population) = model.populations.get(id.index())
        && let Statistic::Top {
            first: First::Share(_),
            bottom: false,
            ..
        } = population.statistic
        && population.among.is_none()
        && zero_without_rows(model, &population.of)
    {
        diags.push(
            Diagnostic::warning(
                &codes::TOP_WITHOUT_AMONG,
                "a share of everybody, of a value that is 0 without rows",
            )
            .at(leaf.at.0, "may reach people who have none at all")
            .help("say among whom: `among: … > 0`"),
        );
    }
    each_part(leaf, &mut |part| top(model, part, diags));
}

fn zero_without_rows(model: &Model, expr: &EntityExpr) -> bool {
    match &expr.kind {
        ExprKind::Column(Atom::Measure(id)) => model
            .measures
            .get(id.index())
            .is_some_and(|m| matches!(m.agg, Agg::Count | Agg::CountDistinct | Agg::Sum)),
        ExprKind::Call(Func::Coalesce, args) => args.iter().any(|a| {
            matches!(
                a.kind,
                ExprKind::Literal(
                    Literal::Int(0) | Literal::Decimal { digits: 0, .. } | Literal::Float(0)
                )
            )
        }),
        ExprKind::Cast { expr, .. } => zero_without_rows(model, expr),
        ExprKind::Column(Atom::Column(_) | Atom::Population(_) | Atom::Sequence(_))
        | ExprKind::Literal(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. } => false,
    }
}

/// Filters of relations, and of what is asked of their rows.
fn rows(model: &Model, diags: &mut Diagnostics) {
    // Children have their parents' filters, too; each is spoken of where it is written.
    let mut written: HashMap<Span, usize> = HashMap::new();
    for relation in &model.relations {
        for filter in &relation.filter {
            let slots = relation.frame.slots.len();
            let least = written.entry(filter.at.0).or_insert(slots);
            *least = slots.min(*least);
        }
    }
    for (i, relation) in model.relations.iter().enumerate() {
        let id = RelationId(u32::try_from(i).unwrap_or(u32::MAX));
        let own = |f: &&RowExpr| written.get(&f.at.0) == Some(&relation.frame.slots.len());
        let own: Vec<RowExpr> = relation.filter.iter().filter(own).cloned().collect();
        filters(model, id, &own, diags);
    }
    for measure in &model.measures {
        let own = model.relations.get(measure.relation.index());
        let more = measure
            .filter
            .iter()
            .filter(|f| own.is_none_or(|r| !r.filter.contains(f)));
        filters(
            model,
            measure.relation,
            &more.cloned().collect::<Vec<_>>(),
            diags,
        );
    }
}

fn filters(model: &Model, id: RelationId, filter: &[RowExpr], diags: &mut Diagnostics) {
    let mut walk = Walk::new(model, Scope::Row(id));
    let as_values: Vec<EntityExpr> = filter
        .iter()
        .map(|f| {
            f.substitute(&mut |col: &Col, ty, at| {
                Expr::new(ExprKind::Column(Atom::Column(col.clone())), ty.clone(), at)
            })
        })
        .collect();
    as_values.iter().for_each(|f| walk.asked(f));
    for filter in &as_values {
        walk.floats(filter, diags);
        walk.nulls(filter, filter.at.0, diags);
    }
}

struct Walk<'a> {
    model: &'a Model,
    scope: Scope,
    /// Columns of which the item asks whether they are NULL, or says what they are then.
    thought_of: HashSet<Col>,
}

impl<'a> Walk<'a> {
    fn new(model: &'a Model, scope: Scope) -> Self {
        Self {
            model,
            scope,
            thought_of: HashSet::new(),
        }
    }

    fn asked(&mut self, expr: &EntityExpr) {
        if let ExprKind::Call(func, args) = &expr.kind
            && matches!(
                func,
                Func::IsNull
                    | Func::IsNotNull
                    | Func::IsTrue
                    | Func::IsNotTrue
                    | Func::IsFalse
                    | Func::IsNotFalse
                    | Func::IsDistinctFrom
                    | Func::IsNotDistinctFrom
                    | Func::Coalesce
            )
        {
            for arg in args {
                arg.each_column(&mut |atom| {
                    if let Atom::Column(col) = atom {
                        self.thought_of.insert(col.clone());
                    }
                });
            }
        }
        each_part(expr, &mut |part| self.asked(part));
    }

    /// Reports negative comparisons of columns that may be NULL.
    fn nulls(&self, expr: &EntityExpr, place: Span, diags: &mut Diagnostics) {
        let part = |part: &EntityExpr| {
            let inner = part.at.0;
            if place.holds(inner) { inner } else { place }
        };
        let ExprKind::Call(func, args) = &expr.kind else {
            return;
        };
        match (func, args.as_slice()) {
            (Func::And | Func::Or, args) => {
                args.iter().for_each(|a| self.nulls(a, part(a), diags));
            }
            (Func::Ne | Func::NotIn | Func::NotLike | Func::NotILike | Func::NotBetween, args) => {
                let of: Vec<&EntityExpr> = args.iter().collect();
                self.dropped(&of, word(*func), place, diags);
            }
            (Func::Not, [of]) => {
                if let ExprKind::Call(inner, args) = &of.kind
                    && matches!(
                        inner,
                        Func::Eq | Func::In | Func::Like | Func::ILike | Func::Between
                    )
                {
                    let of: Vec<&EntityExpr> = args.iter().collect();
                    self.dropped(&of, "not", place, diags);
                } else if matches!(of.kind, ExprKind::Column(_)) {
                    self.dropped(&[of], "not", place, diags);
                }
            }
            _ => {}
        }
    }

    fn dropped(&self, of: &[&EntityExpr], word: &str, place: Span, diags: &mut Diagnostics) {
        let mut column: Option<Col> = None;
        let mut silent = false;
        for expr in of {
            expr.each_column(&mut |atom| match atom {
                Atom::Column(col) => {
                    let one = Expr::new(ExprKind::Column(atom.clone()), expr.ty.clone(), expr.at);
                    if nullable(self.model, self.scope, &one) {
                        silent |= self.thought_of.contains(col);
                        column.get_or_insert_with(|| col.clone());
                    }
                }
                // Nothing to measure is what the comparison is about.
                Atom::Measure(_) | Atom::Population(_) | Atom::Sequence(_) => silent = true,
            });
            silent |= !strict(expr);
        }
        let Some(col) = column.filter(|_| !silent) else {
            return;
        };
        let name = self.spelled(&col);
        let (code, message) = match self.scope {
            Scope::Entity(_) => (
                &codes::NULL_DROPS_OUT,
                format!("who has no `{name}` is left out by `{word}`"),
            ),
            Scope::Row(_) => (
                &codes::NULL_DROPS_ROWS,
                format!("rows without `{name}` do not pass `{word}`"),
            ),
        };
        let plain = of
            .first()
            .is_some_and(|e| matches!(e.kind, ExprKind::Column(_)));
        let keep = match (self.scope, word) {
            (_, "<>") if plain => format!("`{name} is distinct from …` keeps them"),
            (_, "<>") => "`is distinct from` in the place of `<>` keeps them".to_owned(),
            (Scope::Entity(_), _) => "the opposite under `not:` keeps them".to_owned(),
            (Scope::Row(_), _) => format!("`{name} is null or …` keeps them"),
        };
        let told = Diagnostic::warning(code, message)
            .at(place, format!("not true where `{name}` is NULL"))
            .help(format!(
                "{keep}; `{name} is not null` beside it leaves them out for everybody to see"
            ));
        diags.push(told);
    }

    /// A column as one writes it there: `country`, `home_store.city`.
    fn spelled(&self, col: &Col) -> String {
        let model = self.model;
        let frame = match self.scope {
            Scope::Entity(id) => model.entities.get(id.index()).map(|e| &e.frame),
            Scope::Row(id) => model.relations.get(id.index()).map(|r| &r.frame),
        };
        frame.map_or_else(|| col.name.clone(), |f| words::column(f, col))
    }

    /// Reports floats that are compared for equality.
    fn floats(&self, expr: &EntityExpr, diags: &mut Diagnostics) {
        if let ExprKind::Call(func, args) = &expr.kind
            && matches!(
                func,
                Func::Eq
                    | Func::Ne
                    | Func::In
                    | Func::NotIn
                    | Func::IsDistinctFrom
                    | Func::IsNotDistinctFrom
            )
            && let [first, rest @ ..] = args.as_slice()
            && first.ty == Type::Float
            && rest.iter().any(|other| !exact(first, other))
        {
            diags.push(
                Diagnostic::warning(&codes::FLOAT_EQUALITY, "floats are compared for equality")
                    .at(expr.at.0, "a computed float is seldom exactly this")
                    .help("compare with a range: `between … and …`"),
            );
        }
        each_part(expr, &mut |part| self.floats(part, diags));
    }
}

/// Whether two floats are compared without a doubt about the last digit.
fn exact(a: &EntityExpr, b: &EntityExpr) -> bool {
    let number = |e: &EntityExpr| match &e.kind {
        ExprKind::Literal(Literal::Float(bits)) => Some(f64::from_bits(*bits)),
        ExprKind::Literal(Literal::Null) => Some(0.0),
        ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    };
    let (value, other) = match (number(a), number(b)) {
        (_, Some(value)) => (value, a),
        (Some(value), None) => (value, b),
        (None, None) => return plain(a) && plain(b),
    };
    value == 0.0 || (value.fract() == 0.0 && plain(other))
}

/// A column as it is stored, or a whole number.
fn plain(expr: &EntityExpr) -> bool {
    match &expr.kind {
        ExprKind::Column(Atom::Column(_)) => true,
        ExprKind::Cast { expr, .. } => expr.ty != Type::Float && expr.ty != Type::String,
        ExprKind::Column(Atom::Measure(_) | Atom::Population(_) | Atom::Sequence(_))
        | ExprKind::Literal(_)
        | ExprKind::Call(..)
        | ExprKind::Case { .. } => false,
    }
}

/// Whether an expression is NULL where one of its columns is.
fn strict(expr: &EntityExpr) -> bool {
    let mut all = !matches!(
        expr.kind,
        ExprKind::Case { .. }
            | ExprKind::Call(
                Func::Coalesce | Func::Greatest | Func::Least | Func::And | Func::Or,
                _
            )
    );
    each_part(expr, &mut |part| all &= strict(part));
    all
}

/// Calls `f` with what an expression is made of.
pub(super) fn each_part<'e>(expr: &'e EntityExpr, f: &mut dyn FnMut(&'e EntityExpr)) {
    match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) => {}
        ExprKind::Call(_, args) => args.iter().for_each(f),
        ExprKind::Case { whens, otherwise } => {
            for (when, then) in whens {
                f(when);
                f(then);
            }
            f(otherwise);
        }
        ExprKind::Cast { expr, .. } => f(expr),
    }
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "negative comparisons alone come here"
)]
fn word(func: Func) -> &'static str {
    match func {
        Func::Ne => "<>",
        Func::NotIn => "not in",
        Func::NotBetween => "not between",
        Func::NotLike => "not like",
        _ => "not ilike",
    }
}
