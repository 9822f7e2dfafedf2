//! What names mean: in a relation's row ([`RowScope`]) and about an entity ([`EntityScope`]). The type checker asks these
//! scopes for every name and aggregate it meets; they look it up in the `world`.

use super::frame::RelationInfo;
use super::measure::Measures;
use super::typing::{self, AggregateCall, Clock, Context, Scope};
use super::world::{EntityName, Resolved, World, no_slot};
use super::{Atom, Col, EntityExpr, EntityId, RelationId, RowExpr, TraitId, written};
use crate::diag::codes::expr::AGGREGATE_HERE;
use crate::diag::codes::model::TRAIT_SIZE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, ExprKind};
use crate::snippet::{self, Snippet};
use crate::source::{At, Span, Spanned};
use jiff::tz::TimeZone;

/// The largest expression, in nodes, once traits are put in.
const MAX_SIZE: usize = 10_000;

/// Parses, checks and demands a boolean.
pub(super) fn condition<S: Scope>(
    snippet: &Snippet,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    let ast = snippet::parse(snippet, diags)?;
    let expr = typing::check(&ast, scope, ctx, diags)?;
    typing::condition(expr, diags)
}

/// Names in one row of a relation: its columns, its parents' and its lookups'.
pub(super) struct RowScope<'a> {
    world: &'a World,
    pub(super) info: &'a RelationInfo,
}

impl<'a> RowScope<'a> {
    pub(super) fn new(world: &'a World, relation: RelationId) -> Option<Self> {
        Some(Self {
            world,
            info: world.relation(relation)?,
        })
    }

    pub(super) fn condition(
        &mut self,
        snippet: &Snippet,
        ctx: &Context,
        diags: &mut Diagnostics,
    ) -> Option<RowExpr> {
        condition(snippet, self, ctx, diags)
    }
}

impl Scope for RowScope<'_> {
    type Col = Col;

    fn name(
        &mut self,
        path: &[Spanned<String>],
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<RowExpr> {
        let relation = &self.info.relation;
        match self.world.resolve(&relation.frame, &relation.name, path) {
            Resolved::Column(col, ty) => {
                Some(Expr::new(ExprKind::Column(col), ty.clone(), At(span)))
            }
            Resolved::NoColumn(slot, column) => {
                let mut diagnostic =
                    self.world
                        .no_column(&relation.frame, slot, "relation", column);
                if path.len() == 1 && self.world.trait_state(relation.entity, column).is_some() {
                    diagnostic = diagnostic.note(format!(
                        "`{}` is a trait; here names are columns of one row of `{}`",
                        column.value, relation.name
                    ));
                }
                diags.push(diagnostic);
                None
            }
            Resolved::NoSlot(prefix) => {
                diags.push(no_slot(&relation.frame, &prefix, path, &relation.name));
                None
            }
            Resolved::Unknowable => None,
        }
    }

    fn aggregate(
        &mut self,
        call: &AggregateCall<'_>,
        _: &Context,
        diags: &mut Diagnostics,
    ) -> Option<RowExpr> {
        let relation = &self.info.relation.name;
        diags.push(
            Diagnostic::error(
                &AGGREGATE_HERE,
                format!("an aggregate cannot stand in a row of `{relation}`"),
            )
            .at(call.span, "here everything speaks of one row")
            .help("make the aggregate a trait or a condition of the segment"),
        );
        None
    }

    fn zone<'b>(&'b self, _: &'b Context) -> &'b TimeZone {
        &self.info.zone
    }

    fn clock(&self, col: &Col, _: &Context) -> Clock {
        Clock::Of(self.world.zone_of(self.info, col).clone())
    }
}

/// Names about an entity: its columns, its lookups', its traits; and aggregates over its relations.
pub(super) struct EntityScope<'a> {
    pub(super) world: &'a World,
    pub(super) entity: EntityId,
    pub(super) measures: &'a mut Measures,
    /// Traits that were named.
    pub(super) traits: Vec<TraitId>,
    /// Nodes put in so far for the names of one expression.
    inlined: usize,
}

impl<'a> EntityScope<'a> {
    pub(super) fn new(world: &'a World, entity: EntityId, measures: &'a mut Measures) -> Self {
        Self {
            world,
            entity,
            measures,
            traits: Vec::new(),
            inlined: 0,
        }
    }

    pub(super) fn condition(
        &mut self,
        snippet: &Snippet,
        ctx: &Context,
        diags: &mut Diagnostics,
    ) -> Option<EntityExpr> {
        self.begin();
        condition(snippet, self, ctx, diags)
    }

    /// Another expression begins.
    pub(super) fn begin(&mut self) {
        self.inlined = 0;
    }
}

impl Scope for EntityScope<'_> {
    type Col = Atom;

    fn name(
        &mut self,
        path: &[Spanned<String>],
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<EntityExpr> {
        match self.world.entity_name(self.entity, path, span, diags)? {
            EntityName::Column(col, ty) => {
                Some(Expr::new(ExprKind::Column(Atom::Column(col)), ty, At(span)))
            }
            EntityName::Trait(id, size) => {
                let before = self.inlined;
                self.inlined += size;
                if self.inlined > MAX_SIZE {
                    if before <= MAX_SIZE {
                        diags.push(
                            Diagnostic::error(
                                &TRAIT_SIZE,
                                format!("the expression is larger than {MAX_SIZE} parts once traits are put in"),
                            )
                            .at(span, format!("this trait alone has {size}"))
                            .help("name large traits once, or compute the value upstream"),
                        );
                    }
                    return None;
                }
                if !self.traits.contains(&id) {
                    self.traits.push(id);
                }
                let mut value = self.world.traits.get(id.index())?.value.clone();
                value.at = At(span);
                Some(value)
            }
        }
    }

    fn aggregate(
        &mut self,
        call: &AggregateCall<'_>,
        ctx: &Context,
        diags: &mut Diagnostics,
    ) -> Option<EntityExpr> {
        written::call(self.world, self.entity, self.measures, call, ctx, diags)
    }

    fn zone<'b>(&'b self, ctx: &'b Context) -> &'b TimeZone {
        &ctx.time_zone
    }

    fn clock(&self, atom: &Atom, ctx: &Context) -> Clock {
        self.measures.clock(atom, self.world, &ctx.time_zone)
    }
}

/// How many nodes an expression has.
pub(super) fn size<C>(expr: &Expr<C>) -> usize {
    1 + match &expr.kind {
        ExprKind::Literal(_) | ExprKind::Column(_) => 0,
        ExprKind::Call(_, args) => args.iter().map(size).sum(),
        ExprKind::Case { whens, otherwise } => {
            whens.iter().map(|(w, t)| size(w) + size(t)).sum::<usize>() + size(otherwise)
        }
        ExprKind::Cast { expr, .. } => size(expr),
    }
}
