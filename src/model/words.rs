//! A segment, a trait and a measure in plain words, from the model and not from the spec: what `segc explain` prints, so
//! that a reader sees what was understood.

mod population;

use super::across;
use super::{
    Atom, Col, EntityExpr, EntityId, Frame, GroupId, Measure, MeasureId, Model, Predicate,
    RelationId, RowExpr, SegmentId, TraitId, Window,
};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};

mod anniversary;
mod sequence;

/// A segment: its first line begins with the entity ("customers with …"), further lines are indented below it.
#[must_use]
pub fn segment(model: &Model, id: SegmentId) -> Vec<String> {
    let Some(segment) = model.segments.get(id.index()) else {
        return Vec::new();
    };
    let who = model
        .entities
        .get(segment.entity.index())
        .map_or_else(String::new, |e| plural(&e.name));
    let words = Words {
        model,
        entity: segment.entity,
        traits: &[],
    };
    let mut lines = Vec::new();
    words.predicate(&segment.predicate, 0, &mut lines);
    if let Some(first) = lines.first_mut() {
        *first = format!("{who} {first}");
    }
    let entity = model.entities.get(segment.entity.index());
    if segment.suppressed && entity.is_some_and(|e| !e.suppress.is_empty()) {
        lines.push("without those who are suppressed:".to_owned());
        for condition in entity.into_iter().flat_map(|e| &e.suppress) {
            words.item(condition, 1, &mut lines);
        }
    }
    if let Some(holdout) = entity
        .and_then(|e| e.holdout.as_ref())
        .filter(|_| segment.held_out)
    {
        lines.push("without those who are held out:".to_owned());
        words.item(holdout, 1, &mut lines);
    }
    lines
}

/// A value about an entity: a trait, the left side of a comparison.
#[must_use]
pub fn value(model: &Model, entity: EntityId, value: &EntityExpr) -> String {
    let traits = &[];
    Words {
        model,
        entity,
        traits,
    }
    .value(value)
}

/// One condition without what is below it: "with orders", "any of these holds", "in `vip`". Values that are traits are called
/// by their names.
#[must_use]
pub fn heading(
    model: &Model,
    entity: EntityId,
    traits: &[TraitId],
    predicate: &Predicate,
) -> String {
    Words {
        model,
        entity,
        traits,
    }
    .heading(predicate)
}

/// A measure: "sum of orders.total (channel = 'web') in [2025-11-02 … 2026-01-31)".
#[must_use]
pub fn measure(model: &Model, measure: &Measure) -> String {
    let Some(relation) = model.relations.get(measure.relation.index()) else {
        return String::new();
    };
    let name = &relation.name;
    let arg = measure.arg.as_ref().map_or_else(
        || name.clone(),
        |arg| {
            let text = arg.render(&|col| format!("{name}.{}", column(&relation.frame, col)));
            match arg.kind {
                ExprKind::Column(_) => text,
                ExprKind::Literal(_)
                | ExprKind::Call(..)
                | ExprKind::Case { .. }
                | ExprKind::Cast { .. } => format!("({text})"),
            }
        },
    );
    let what = match measure.agg {
        Agg::Count => format!("number of {arg}"),
        Agg::CountDistinct => format!("number of different {arg}"),
        Agg::Sum => format!("sum of {arg}"),
        Agg::Avg => format!("average of {arg}"),
        Agg::Min if measure.ty.is_moment() => format!("earliest {arg}"),
        Agg::Max if measure.ty.is_moment() => format!("latest {arg}"),
        Agg::Min => format!("smallest {arg}"),
        Agg::Max => format!("largest {arg}"),
        Agg::Median => format!("median of {arg}"),
        Agg::Stddev => format!("standard deviation of {arg}"),
        Agg::First => format!("first {arg}"),
        Agg::Last => format!("last {arg}"),
        Agg::MostFrequent => format!("most frequent {arg}"),
        Agg::LeastFrequent => format!("least frequent {arg}"),
        Agg::Exists => format!("any {arg}"),
        Agg::ListDistinct => format!("list of different {arg}"),
    };
    format!("{what}{}", rows(model, measure))
}

/// The rows of a measure: "orders (channel = 'web') in [2025-11-02 … 2026-01-31)".
#[must_use]
pub fn counted(model: &Model, measure: &Measure) -> String {
    let name = model
        .relations
        .get(measure.relation.index())
        .map_or("", |r| r.name.as_str());
    format!("{name}{}", rows(model, measure))
}

/// Filter and window: " (channel = 'web') in [2025-11-02 … 2026-01-31)".
fn rows(model: &Model, measure: &Measure) -> String {
    let filter = filter(model, measure.relation, &measure.filter);
    let window = window(model, measure.relation, &measure.window);
    format!("{filter}{window}")
}

/// " (channel = 'web')"
fn filter(model: &Model, relation: RelationId, filter: &[RowExpr]) -> String {
    let mut text = String::new();
    if let Some(relation) = model.relations.get(relation.index())
        && !filter.is_empty()
    {
        let conjuncts: Vec<String> = filter
            .iter()
            .map(|e| {
                let text = e.render(&|col| {
                    let across = across::words(model, &relation.frame, col);
                    across.unwrap_or_else(|| column(&relation.frame, col))
                });
                let or = matches!(e.kind, ExprKind::Call(Func::Or, _));
                if or && filter.len() > 1 {
                    format!("({text})")
                } else {
                    text
                }
            })
            .collect();
        text.push_str(&format!(" ({})", conjuncts.join(" and ")));
    }
    text
}

pub(super) fn window(model: &Model, relation: RelationId, window: &Window) -> String {
    match (&window.from, &window.until) {
        (Some(from), Some(until)) => {
            format!(" in [{} … {})", moment(model, from), moment(model, until))
        }
        (Some(from), None) => format!(" from {}", moment(model, from)),
        (None, Some(until)) => {
            // Everything before `as_of` goes without saying.
            let relation = model.relations.get(relation.index());
            if relation.is_some_and(|r| r.now() == Some(until)) {
                String::new()
            } else {
                format!(" before {}", moment(model, until))
            }
        }
        (None, None) => String::new(),
    }
}

/// A bound as people read it: instants in the project's zone, midnights as dates.
pub(super) fn moment(model: &Model, literal: &Literal) -> String {
    let civil = match literal {
        Literal::Date(date) => return date.to_string(),
        Literal::Datetime(t) => *t,
        Literal::Timestamp(t) => t.to_zoned(model.time_zone.clone()).datetime(),
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float(_)
        | Literal::String(_)
        | Literal::Array(_) => return String::new(),
    };
    if civil == civil.date().at(0, 0, 0, 0) {
        civil.date().to_string()
    } else {
        civil.to_string().replace('T', " ")
    }
}

/// A column as one writes it: `country`, `home_store.city`.
pub(crate) fn column(frame: &Frame, col: &Col) -> String {
    match frame.slots.get(col.slot) {
        Some(slot) if col.slot > 0 => format!("{}.{}", slot.name, col.name),
        Some(_) | None => col.name.clone(),
    }
}

/// "customers", "companies", "boxes".
fn plural(name: &str) -> String {
    let name = name.replace('_', " ");
    let vowel_before_y = name
        .chars()
        .rev()
        .nth(1)
        .is_some_and(|c| "aeiou".contains(c));
    if let Some(stem) = name.strip_suffix('y')
        && !vowel_before_y
    {
        return format!("{stem}ies");
    }
    if ["s", "x", "ch", "sh"].iter().any(|end| name.ends_with(end)) {
        return format!("{name}es");
    }
    format!("{name}s")
}

struct Words<'a> {
    model: &'a Model,
    entity: EntityId,
    /// Those that are called by their names.
    traits: &'a [TraitId],
}

/// What an expression is made of for its readers.
enum Term<'a> {
    Atom(&'a Atom),
    Trait(&'a str),
}

impl Words<'_> {
    fn name(&self, atom: &Atom) -> String {
        match atom {
            Atom::Column(col) => self
                .model
                .entities
                .get(self.entity.index())
                .map_or_else(|| col.name.clone(), |e| column(&e.frame, col)),
            Atom::Measure(id) => self
                .model
                .measures
                .get(id.index())
                .map_or_else(String::new, |m| measure(self.model, m)),
            Atom::Population(id) => population::words(self, *id),
            Atom::Sequence(id) => sequence::words(self.model, *id),
        }
    }

    fn value(&self, expr: &EntityExpr) -> String {
        let expr = self.named(expr);
        // A measure that stands alone, or alone at the left of a comparison, needs no parentheses.
        let mut atoms = 0;
        expr.each_column(&mut |_| atoms += 1);
        let leads = match &expr.kind {
            ExprKind::Column(_) => true,
            ExprKind::Call(_, args) => {
                matches!(args.first().map(|a| &a.kind), Some(ExprKind::Column(_)))
            }
            ExprKind::Literal(_) | ExprKind::Case { .. } | ExprKind::Cast { .. } => false,
        };
        let alone = atoms == 1 && leads;
        let whole = matches!(expr.kind, ExprKind::Column(_));
        expr.render(&|term| match term {
            Term::Trait(name) => (*name).to_owned(),
            Term::Atom(atom @ Atom::Measure(_)) if !alone => format!("({})", self.name(atom)),
            // Its words go on too far for anything to follow.
            Term::Atom(atom @ Atom::Population(_)) if !whole => format!("({})", self.name(atom)),
            Term::Atom(atom) => self.name(atom),
        })
    }

    /// The expression with traits by their names.
    fn named<'e>(&'e self, expr: &'e EntityExpr) -> Expr<Term<'e>> {
        let named = self
            .traits
            .iter()
            .filter_map(|id| self.model.traits.get(id.index()))
            .find(|t| t.value == *expr);
        let all = |args: &'e [EntityExpr]| args.iter().map(|a| self.named(a)).collect();
        let kind = match (named, &expr.kind) {
            (Some(found), _) => ExprKind::Column(Term::Trait(&found.name)),
            (None, ExprKind::Literal(literal)) => ExprKind::Literal(literal.clone()),
            (None, ExprKind::Column(atom)) => ExprKind::Column(Term::Atom(atom)),
            (None, ExprKind::Call(func, args)) => ExprKind::Call(*func, all(args)),
            (None, ExprKind::Case { whens, otherwise }) => ExprKind::Case {
                whens: whens
                    .iter()
                    .map(|(when, then)| (self.named(when), self.named(then)))
                    .collect(),
                otherwise: Box::new(self.named(otherwise)),
            },
            // A number as another kind of number goes without saying.
            (
                None,
                ExprKind::Cast {
                    expr: of,
                    safe: false,
                },
            ) if expr.ty.is_number() && expr.ty != Type::Int && of.ty.is_number() => {
                return self.named(of);
            }
            (None, ExprKind::Cast { expr, safe }) => ExprKind::Cast {
                expr: Box::new(self.named(expr)),
                safe: *safe,
            },
        };
        Expr::new(kind, expr.ty.clone(), expr.at)
    }

    /// A condition without what is below it.
    fn heading(&self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Constant(true) => "everybody".to_owned(),
            Predicate::Constant(false) => "nobody".to_owned(),
            Predicate::Leaf(expr) => self.leaf(expr, false),
            Predicate::Segment(id) => format!("in `{}`", self.segment_name(*id)),
            Predicate::All(_) => "all of these hold".to_owned(),
            Predicate::Any(_) => "any of these holds".to_owned(),
            Predicate::Count { min, max, .. } => match (min, max) {
                (Some(min), Some(max)) if min == max => format!("exactly {min} of these hold"),
                (Some(min), Some(max)) => format!("between {min} and {max} of these hold"),
                (Some(min), None) => format!("at least {min} of these hold"),
                (None, Some(max)) => format!("at most {max} of these hold"),
                (None, None) => "any number of these hold".to_owned(),
            },
            Predicate::Case { group, case } => {
                let group = self.model.groups.get(group.index());
                let name = group.map_or("", |g| &g.name);
                match group.and_then(|g| g.cases.get(*case)) {
                    Some((case, _)) => format!("the first case of `{name}` that holds is `{case}`"),
                    None => format!("no case of `{name}` holds"),
                }
            }
            Predicate::Not(of) => match of.as_ref() {
                Predicate::Leaf(expr) => self.leaf(expr, true),
                Predicate::Segment(id) => format!("not in `{}`", self.segment_name(*id)),
                Predicate::Any(_) => "none of these holds".to_owned(),
                Predicate::All(_) => "not all of these hold".to_owned(),
                Predicate::Constant(_)
                | Predicate::Not(_)
                | Predicate::Count { .. }
                | Predicate::Case { .. } => "this does not hold".to_owned(),
            },
        }
    }

    /// Adds the lines of a predicate; the first goes on a sentence that began with the entity.
    fn predicate(&self, predicate: &Predicate, depth: usize, lines: &mut Vec<String>) {
        let below = match predicate {
            Predicate::Constant(true) => return lines.push("all of them".to_owned()),
            Predicate::Constant(false) => return lines.push("none of them".to_owned()),
            Predicate::Leaf(_) | Predicate::Segment(_) => {
                return lines.push(self.heading(predicate));
            }
            Predicate::Case { group, case } => {
                return self.case(*group, *case, depth, lines);
            }
            Predicate::All(of) | Predicate::Any(of) | Predicate::Count { of, .. } => of.as_slice(),
            Predicate::Not(of) => match of.as_ref() {
                Predicate::Leaf(_) | Predicate::Segment(_) => {
                    return lines.push(self.heading(predicate));
                }
                Predicate::Any(of) | Predicate::All(of) => of.as_slice(),
                Predicate::Constant(_)
                | Predicate::Not(_)
                | Predicate::Count { .. }
                | Predicate::Case { .. } => std::slice::from_ref(of.as_ref()),
            },
        };
        lines.push(format!("for whom {}:", self.heading(predicate)));
        for predicate in below {
            self.item(predicate, depth + 1, lines);
        }
    }

    /// A case of a group, as its own condition and the earlier cases' names.
    fn case(&self, group: GroupId, case: usize, depth: usize, lines: &mut Vec<String>) {
        let Some(group) = self.model.groups.get(group.index()) else {
            return;
        };
        let before: Vec<String> = group
            .cases
            .iter()
            .take(case)
            .map(|(name, _)| format!("`{}.{name}`", group.name))
            .collect();
        let not = if before.is_empty() {
            String::new()
        } else {
            format!(" (and not in {})", before.join(", "))
        };
        match group.cases.get(case) {
            Some((_, condition)) => {
                let at = lines.len();
                self.predicate(condition, depth, lines);
                if let Some(first) = lines.get_mut(at) {
                    match first.strip_suffix(':') {
                        Some(head) => *first = format!("{head}{not}:"),
                        None => first.push_str(&not),
                    }
                }
            }
            None => lines.push(format!("in no other case of `{}`", group.name)),
        }
    }

    fn item(&self, predicate: &Predicate, depth: usize, lines: &mut Vec<String>) {
        let at = lines.len();
        self.predicate(predicate, depth, lines);
        if let Some(first) = lines.get_mut(at) {
            *first = format!("{}- {first}", "  ".repeat(depth));
        }
    }

    fn segment_name(&self, id: SegmentId) -> &str {
        self.model
            .segments
            .get(id.index())
            .map_or("", |s| s.name.as_str())
    }

    fn leaf(&self, expr: &EntityExpr, negated: bool) -> String {
        if let ExprKind::Column(Atom::Population(id)) = &expr.kind {
            let not = if negated { "not " } else { "" };
            return format!("{not}{}", population::words(self, *id));
        }
        if let Some((of, first, last)) = anniversary::parts(expr) {
            let no = if negated { "not " } else { "" };
            let of = self.value(of);
            return format!("whose {of} has its day {no}from {first} to {last}");
        }
        if let ExprKind::Column(Atom::Sequence(id)) = &expr.kind {
            let who = if negated { "who did not do" } else { "who did" };
            return format!("{who} this in order: {}", sequence::words(self.model, *id));
        }
        if let ExprKind::Column(Atom::Measure(id)) = &expr.kind
            && let Some(found) = self.measure_of(*id, Agg::Exists)
        {
            if let Some(words) = super::stay::exists(self.model, found, negated) {
                return words;
            }
            let with = if negated { "without" } else { "with" };
            return format!("{with} {}", counted(self.model, found));
        }
        if let ExprKind::Call(func, args) = &expr.kind
            && let [left, right] = args.as_slice()
            && let ExprKind::Column(Atom::Measure(id)) = &left.kind
            && let ExprKind::Literal(Literal::Int(n)) = &right.kind
            && let Some(found) = self.measure_of(*id, Agg::Count)
            && let Some(compare) = comparison(*func, negated)
        {
            return format!("with {compare} {n} {}", counted(self.model, found));
        }
        if let ExprKind::Call(Func::Between, args) = &expr.kind
            && let [of, low, high] = args.as_slice()
            && let ExprKind::Column(Atom::Measure(id)) = &of.kind
            && let ExprKind::Literal(Literal::Int(low)) = &low.kind
            && let ExprKind::Literal(Literal::Int(high)) = &high.kind
            && let Some(found) = self.measure_of(*id, Agg::Count)
            && !negated
        {
            return format!("with {low} to {high} {}", counted(self.model, found));
        }
        if let Some(lot) = super::bucket::words(expr) {
            return if negated { format!("not {lot}") } else { lot };
        }
        if let Some(first) = self.first_time(expr, negated) {
            return format!("whose first {first}");
        }
        if negated {
            format!("for whom this is not true: {}", self.value(expr))
        } else {
            format!("where {}", self.value(expr))
        }
    }

    /// "orders (channel = 'web') in [2026-01-01 … 2026-01-31)", if this is `first_time`.
    fn first_time(&self, expr: &EntityExpr, negated: bool) -> Option<String> {
        let ExprKind::Call(Func::And, args) = &expr.kind else {
            return None;
        };
        let [low, high] = args.as_slice() else {
            return None;
        };
        let (low, from) = bound(low, Func::Ge)?;
        let (high, until) = bound(high, Func::Lt)?;
        let found = self.model.measures.get(low.index())?;
        let relation = self.model.relations.get(found.relation.index())?;
        let time = relation.time.as_ref()?;
        let of_time = matches!(&found.arg.as_ref()?.kind, ExprKind::Column(c) if *c == time.col);
        let is = if negated { "are not" } else { "are" };
        (low == high && found.agg == Agg::Min && of_time).then(|| {
            format!(
                "{} {is} in [{} … {})",
                counted(self.model, found),
                moment(self.model, from),
                moment(self.model, until)
            )
        })
    }

    /// The measure, if it is this aggregate over rows.
    fn measure_of(&self, id: MeasureId, agg: Agg) -> Option<&Measure> {
        let found = self.model.measures.get(id.index())?;
        (found.agg == agg && found.arg.is_none()).then_some(found)
    }
}

/// `measure func literal`
fn bound(expr: &EntityExpr, func: Func) -> Option<(MeasureId, &Literal)> {
    match &expr.kind {
        ExprKind::Call(f, args) if *f == func => match args.as_slice() {
            [left, right] => match (&left.kind, &right.kind) {
                (ExprKind::Column(Atom::Measure(id)), ExprKind::Literal(value)) => {
                    Some((*id, value))
                }
                _ => None,
            },
            _ => None,
        },
        ExprKind::Call(..)
        | ExprKind::Literal(_)
        | ExprKind::Column(_)
        | ExprKind::Case { .. }
        | ExprKind::Cast { .. } => None,
    }
}

fn comparison(func: Func, negated: bool) -> Option<&'static str> {
    let words = [
        (Func::Ge, "at least", "fewer than"),
        (Func::Gt, "more than", "at most"),
        (Func::Le, "at most", "more than"),
        (Func::Lt, "fewer than", "at least"),
        (Func::Eq, "exactly", "any number but"),
    ];
    words
        .iter()
        .find(|(f, _, _)| *f == func)
        .map(|(_, plain, not)| if negated { *not } else { *plain })
}
