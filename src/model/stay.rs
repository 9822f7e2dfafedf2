//! `in_list` and the conditions on membership history (`language.md` §6) become the existence of rows: of a key in a list, of
//! a stay that earlier builds have published.

use super::predicate::{Conditions, all, any, leaf};
use super::rows::{RowSet, row_set, window};
use super::tables::some_of;
use super::{
    Col, Measure, Model, Predicate, Relation, RelationRole, RowExpr, Window, calendar, keyed,
    measure, words,
};
use crate::diag::codes::model::{NO_HISTORY, UNKNOWN_LIST};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::{Expr, ExprKind, Func, Literal, Type};
use crate::source::{At, Span, Spanned};
use crate::spec::condition::Duration;
use crate::spec::{Length, Name, Stay, WindowSpec};

impl Conditions<'_> {
    /// On any of the lists.
    pub(super) fn in_list(&mut self, names: &[Name], diags: &mut Diagnostics) -> Option<Predicate> {
        let found: Vec<Option<Predicate>> =
            names.iter().map(|name| self.on_list(name, diags)).collect();
        Some(any(found.into_iter().collect::<Option<_>>()?))
    }

    fn on_list(&mut self, name: &Name, diags: &mut Diagnostics) -> Option<Predicate> {
        let world = self.scope.world;
        let Some((entity, relation)) = world.lists.get(&name.value) else {
            if world.broken.contains(&name.value) {
                return None;
            }
            let mut known: Vec<&str> = world.lists.keys().map(String::as_str).collect();
            known.sort_unstable();
            let unknown =
                Diagnostic::error(&UNKNOWN_LIST, format!("unknown list `{}`", name.value)).at(
                    name.span,
                    format!("the lists are: {}", some_of(known.iter().copied(), 12)),
                );
            diags.push(if world.segments.contains(&name.value) {
                unknown.help(format!("it is a segment: write `in: {}`", name.value))
            } else {
                unknown.suggest(nearest(name, known.iter().copied()))
            });
            return None;
        };
        if *entity != self.scope.entity {
            let of = |id| world.entity(id).map_or("", |e| e.entity.name.as_str());
            diags.push(
                Diagnostic::error(
                    &UNKNOWN_LIST,
                    format!(
                        "`{}` is a list of `{}`, not of `{}`",
                        name.value,
                        of(*entity),
                        of(self.scope.entity)
                    ),
                )
                .at(name.span, "its keys are those of another entity")
                .help("declare a list with `entity:` for this one"),
            );
            return None;
        }
        let rows = row_set(world, (*relation)?, Vec::new(), &Window::default())?;
        Some(leaf(measure::exists(
            self.scope.measures,
            &rows,
            None,
            name.span,
        )))
    }

    /// Named by a source of keys that suppress, for each source of the entity.
    pub(super) fn suppressors(&mut self) -> Vec<Predicate> {
        let Some(info) = self.scope.world.entity(self.scope.entity) else {
            return Vec::new();
        };
        let rows = info.entity.suppressors.iter().map(|source| {
            let rows = RowSet {
                relation: source.relation,
                filter: Vec::new(),
                window: Window::default(),
            };
            (rows, source.key_span)
        });
        rows.map(|(rows, span)| self.exists(&rows, span)).collect()
    }

    pub(super) fn stay(
        &mut self,
        stay: &Stay,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        match stay {
            Stay::Entered { segment, window } => {
                self.moved(segment, window.as_ref(), |s| s.entries, span, diags)
            }
            Stay::Exited { segment, window } => {
                self.moved(segment, window.as_ref(), |s| s.exits, span, diags)
            }
            Stay::MemberFor(of) => {
                let each: Vec<Option<Predicate>> = of
                    .iter()
                    .map(|(segment, length)| self.member_for(segment, length, span, diags))
                    .collect();
                Some(all(each.into_iter().collect::<Option<_>>()?))
            }
        }
    }

    fn moved(
        &mut self,
        segment: &Name,
        within: Option<&Spanned<WindowSpec>>,
        which: fn(keyed::Stays) -> super::RelationId,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let stays = self.stays(segment, diags);
        let relation = which(stays?);
        let bounds = match within {
            None => Window::default(),
            Some(written) => window(self.scope.world, relation, written, self.ctx, diags)?,
        };
        let filter = vec![self.of_segment(segment)];
        let rows = row_set(self.scope.world, relation, filter, &bounds)?;
        Some(self.exists(&rows, span))
    }

    /// The stay that goes on at `as_of` has lasted so long.
    fn member_for(
        &mut self,
        segment: &Name,
        length: &Spanned<Length>,
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Predicate> {
        let relation = self.stays(segment, diags)?.entries;
        let at = At(span);
        let column = |name: &str| {
            let col = Col {
                slot: 0,
                name: name.to_owned(),
            };
            Expr::new(ExprKind::Column(col), Type::Timestamp, at)
        };
        let compare = |func, name: &str, bound: Literal| {
            let bound = Expr::literal(bound, Type::Timestamp, at);
            Expr::call(func, vec![column(name), bound], Type::Boolean, at)
        };
        let going_on = Expr::call(
            Func::Or,
            vec![
                Expr::call(Func::IsNull, vec![column("valid_to")], Type::Boolean, at),
                compare(Func::Ge, "valid_to", Literal::Timestamp(self.ctx.as_of)),
            ],
            Type::Boolean,
            at,
        );
        let mut filter = vec![self.of_segment(segment), going_on];
        let mut bound = |func, duration: &Duration| match self.ago(duration) {
            Ok(ago) => {
                filter.push(compare(func, "valid_from", ago));
                true
            }
            Err((message, hint)) => {
                diags.push(
                    Diagnostic::error(&crate::diag::codes::expr::WINDOW, message)
                        .at(length.span, "counted back from as_of")
                        .help(hint),
                );
                false
            }
        };
        let good = match &length.value {
            Length::AtLeast(d) => bound(Func::Le, d),
            Length::MoreThan(d) => bound(Func::Lt, d),
            Length::AtMost(d) => bound(Func::Ge, d),
            Length::LessThan(d) => bound(Func::Gt, d),
            Length::Between(short, long) => bound(Func::Le, short) && bound(Func::Ge, long),
        };
        good.then_some(())?;
        let rows = row_set(self.scope.world, relation, filter, &Window::default())?;
        Some(self.exists(&rows, span))
    }

    fn exists(&mut self, rows: &RowSet, span: Span) -> Predicate {
        leaf(measure::exists(self.scope.measures, rows, None, span))
    }

    /// So long before `as_of`.
    fn ago(&self, duration: &Duration) -> Result<Literal, (String, String)> {
        let spec = WindowSpec::Before(*duration);
        let bounds = calendar::window(&spec, &Type::Timestamp, &self.ctx.time_zone, self.ctx)?;
        Ok(bounds.until.unwrap_or(Literal::Timestamp(self.ctx.as_of)))
    }

    /// The stays of the entity, if the project has such a segment of it and keeps its history.
    fn stays(&self, segment: &Name, diags: &mut Diagnostics) -> Option<keyed::Stays> {
        let (world, entity) = (self.scope.world, self.scope.entity);
        let known = self.names.known(segment, entity, world, diags);
        if !world.keeps_history {
            diags.push(
                Diagnostic::error(
                    &NO_HISTORY,
                    format!("the history of `{}` is not kept", segment.value),
                )
                .at(segment.span, "nobody will ever have entered or left it")
                .help("remove `history: false` from `outputs` in segc.yml"),
            );
            return None;
        }
        known?;
        world.stays.get(&entity).copied()
    }

    /// A stay is one in this segment. Until a renamed segment is published, its stays have the former name.
    fn of_segment(&self, segment: &Name) -> RowExpr {
        let at = At(segment.span);
        let text = |name: &str| Expr::literal(Literal::String(name.to_owned()), Type::String, at);
        let column = Expr::new(
            ExprKind::Column(Col {
                slot: 0,
                name: "segment".to_owned(),
            }),
            Type::String,
            at,
        );
        match self.names.former(&segment.value) {
            None => Expr::call(
                Func::Eq,
                vec![column, text(&segment.value)],
                Type::Boolean,
                at,
            ),
            Some(former) => Expr::call(
                Func::In,
                vec![column, text(&segment.value), text(former)],
                Type::Boolean,
                at,
            ),
        }
    }
}

/// The existence of a row in one of these relations, as people say it; None for relations that are declared.
pub(super) fn exists(model: &Model, measure: &Measure, negated: bool) -> Option<String> {
    let relation = model.relations.get(measure.relation.index())?;
    let name = &relation.name;
    match relation.role {
        RelationRole::Declared => None,
        RelationRole::List => Some(format!("{}on the list `{name}`", not(negated))),
        RelationRole::Suppressor => Some(format!("{}named by `{name}`", not(negated))),
        RelationRole::Stays => {
            let mut of = "";
            let mut going_on = false;
            for conjunct in &measure.filter {
                if let ExprKind::Call(func, args) = &conjunct.kind {
                    let name = args.get(1).map(|a| &a.kind);
                    if let (Func::Eq | Func::In, Some(ExprKind::Literal(Literal::String(name)))) =
                        (func, name)
                    {
                        of = name;
                    }
                    going_on |= *func == Func::Or;
                }
            }
            let ended = relation
                .time
                .as_ref()
                .is_some_and(|t| t.col.name == "valid_to");
            let who = match (ended, going_on, negated) {
                (true, _, false) => format!("who left `{of}`"),
                (true, _, true) => format!("who did not leave `{of}`"),
                (false, false, false) => format!("who entered `{of}`"),
                (false, false, true) => format!("who did not enter `{of}`"),
                (false, true, false) => format!("in `{of}` ever since they entered it"),
                (false, true, true) => format!("not in `{of}` ever since they entered it"),
            };
            let when = if going_on {
                since(model, relation, &measure.window)
            } else {
                words::window(model, measure.relation, &measure.window)
            };
            Some(format!("{who}{when}"))
        }
    }
}

/// When a stay began: " at 2025-01-31 09:00:00 or later and at 2025-12-31 09:00:00 or earlier". A bound a microsecond after a moment
/// says "after it", or "up to it, that included".
fn since(model: &Model, relation: &Relation, window: &Window) -> String {
    let as_written = |bound: &Literal| {
        if let Literal::Timestamp(t) = bound
            && t.subsec_nanosecond() != model.as_of.subsec_nanosecond()
        {
            let before = *t - jiff::SignedDuration::from_micros(1);
            return (words::moment(model, &Literal::Timestamp(before)), true);
        }
        (words::moment(model, bound), false)
    };
    let from = window.from.as_ref().map(|from| match as_written(from) {
        (at, true) => format!(" after {at}"),
        (at, false) => format!(" at {at} or later"),
    });
    let until = window.until.as_ref().filter(|u| Some(*u) != relation.now());
    let until = until.map(|until| match as_written(until) {
        (at, true) => format!(" at {at} or earlier"),
        (at, false) => format!(" before {at}"),
    });
    let both: Vec<String> = from.into_iter().chain(until).collect();
    both.join(" and")
}

fn not(negated: bool) -> &'static str {
    if negated { "not " } else { "" }
}
