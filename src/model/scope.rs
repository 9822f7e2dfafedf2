//! What names mean: in a relation's row ([`RowScope`]) and about an entity ([`EntityScope`]).
//!
//! [`World`] is everything resolved so far. The type checker asks these scopes for every name and aggregate it meets.

use super::frame::{EntityInfo, RelationInfo};
use super::measure::{self, Measures};
use super::tables::{Found, Tables, some_of, unknown_column};
use super::typing::{self, AggregateCall, Context, Scope};
use super::{Atom, Col, EntityExpr, EntityId, Frame, RelationId, RowExpr, Trait, TraitId};
use crate::diag::codes::expr::{AGGREGATE_HERE, NOT_BOOLEAN};
use crate::diag::codes::model::{MANY_ROWS, TRAIT_SIZE, UNKNOWN_PATH, UNKNOWN_RELATION};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::{Expr, ExprKind, Type};
use crate::snippet::{self, Snippet};
use crate::source::{At, Span, Spanned};
use std::collections::HashMap;

/// The largest expression, in nodes, once traits are put in.
const MAX_SIZE: usize = 10_000;

/// All that names can refer to.
#[derive(Debug)]
pub(super) struct World {
    pub(super) tables: Tables,
    pub(super) entities: Vec<EntityInfo>,
    pub(super) relations: Vec<RelationInfo>,
    pub(super) traits: Vec<Trait>,
    /// Of each entity (by index): its traits by name.
    pub(super) trait_names: Vec<HashMap<String, TraitState>>,
}

/// How far the resolution of a trait has come.
#[derive(Clone, Copy, Debug)]
pub(super) enum TraitState {
    /// Part of a circle, or wrong: reported where it is defined.
    Failed,
    Ready {
        id: TraitId,
        /// In nodes.
        size: usize,
    },
}

/// What a name about an entity is.
#[derive(Debug)]
pub(super) enum EntityName {
    Column(Col, Type),
    Trait(TraitId, usize),
}

/// What a path is in a frame.
enum Resolved<'a> {
    Column(Col, &'a Type),
    /// The slot is there, the column is not.
    NoColumn(usize, &'a Spanned<String>),
    /// No slot of that name: the dotted prefix.
    NoSlot(String),
    /// Not known, and reported already.
    Unknowable,
}

impl World {
    pub(super) fn new(tables: Tables) -> Self {
        Self {
            tables,
            entities: Vec::new(),
            relations: Vec::new(),
            traits: Vec::new(),
            trait_names: Vec::new(),
        }
    }

    pub(super) fn entity(&self, id: EntityId) -> Option<&EntityInfo> {
        self.entities.get(id.index())
    }

    pub(super) fn relation(&self, id: RelationId) -> Option<&RelationInfo> {
        self.relations.get(id.index())
    }

    /// A relation of an entity by name; S0302 where there is none.
    pub(super) fn require_relation(
        &self,
        entity: EntityId,
        name: &Spanned<String>,
        diags: &mut Diagnostics,
    ) -> Option<RelationId> {
        let info = self.entity(entity)?;
        if let Some(id) = info.relations.get(&name.value) {
            return Some(*id);
        }
        // A relation that could not be resolved has been reported.
        if !info.relation_names.contains(&name.value) {
            let names = || info.relation_names.iter().map(String::as_str);
            diags.push(
                Diagnostic::error(
                    &UNKNOWN_RELATION,
                    format!(
                        "unknown relation `{}` of entity `{}`",
                        name.value, info.entity.name
                    ),
                )
                .at(
                    name.span,
                    format!(
                        "{} has the relations: {}",
                        info.entity.name,
                        some_of(names(), 12)
                    ),
                )
                .suggest(nearest(name, names())),
            );
        }
        None
    }

    pub(super) fn trait_state(&self, entity: EntityId, name: &str) -> Option<TraitState> {
        self.trait_names.get(entity.index())?.get(name).copied()
    }

    /// A column of the entity's frame or a trait, by its path.
    pub(super) fn entity_name(
        &self,
        entity: EntityId,
        path: &[Spanned<String>],
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<EntityName> {
        let info = self.entity(entity)?;
        let name = &info.entity.name;
        let resolved = self.resolve(&info.entity.frame, name, path);
        if let Resolved::Column(col, ty) = resolved {
            return Some(EntityName::Column(col, ty.clone()));
        }
        if let [only] = path {
            match self.trait_state(entity, only) {
                Some(TraitState::Ready { id, size }) => return Some(EntityName::Trait(id, size)),
                Some(TraitState::Failed) => return None,
                None => {}
            }
        }
        match resolved {
            Resolved::Column(..) | Resolved::Unknowable => {}
            Resolved::NoColumn(slot, column) => {
                diags.push(self.no_entity_column(entity, slot, column));
            }
            Resolved::NoSlot(prefix) => {
                let relation = info
                    .relation_names
                    .iter()
                    .find(|r| prefix == **r || prefix.starts_with(&format!("{r}.")));
                diags.push(match relation {
                    Some(relation) => many_rows(relation, path, span, name),
                    None => no_slot(&info.entity.frame, &prefix, path, name),
                });
            }
        }
        None
    }

    fn no_entity_column(
        &self,
        entity: EntityId,
        slot: usize,
        column: &Spanned<String>,
    ) -> Diagnostic {
        let Some(info) = self.entity(entity) else {
            return unknown_column(column, ("an entity", "it"), std::iter::empty());
        };
        if slot > 0 {
            return self.no_column(&info.entity.frame, slot, "entity", column);
        }
        let name = &info.entity.name;
        if info.relation_names.contains(&column.value) {
            return Diagnostic::error(
                &MANY_ROWS,
                format!("`{}` is a relation of `{name}`, not a value", column.value),
            )
            .at(column.span, "many rows for one entity")
            .help(format!(
                "ask about it: `count({0}) > 0`, or a condition `did: {0}`",
                column.value
            ));
        }
        let columns = info
            .entity
            .frame
            .slots
            .first()
            .map_or(&[][..], |s| self.tables.columns(s.table));
        let mut traits: Vec<&str> = self
            .trait_names
            .get(entity.index())
            .into_iter()
            .flat_map(HashMap::keys)
            .map(String::as_str)
            .collect();
        traits.sort_unstable();
        let names = columns
            .iter()
            .map(|c| c.name.as_str())
            .chain(traits.iter().copied());
        let what = if traits.is_empty() {
            format!("entity `{name}`")
        } else {
            format!("entity `{name}` and its traits")
        };
        let diagnostic = unknown_column(column, (&what, name), names);
        let elsewhere = self
            .trait_names
            .iter()
            .zip(&self.entities)
            .find(|(traits, _)| traits.contains_key(&column.value));
        match elsewhere {
            Some((_, other)) => diagnostic.note(format!(
                "`{}` is a trait of `{}`",
                column.value, other.entity.name
            )),
            None => diagnostic,
        }
    }

    fn no_column(
        &self,
        frame: &Frame,
        slot: usize,
        kind: &str,
        column: &Spanned<String>,
    ) -> Diagnostic {
        let Some(slot_info) = frame.slots.get(slot) else {
            return unknown_column(column, ("a table", "it"), std::iter::empty());
        };
        let short = &slot_info.name;
        let whose = if slot == 0 {
            format!("{kind} `{short}`")
        } else {
            format!("`{short}`")
        };
        unknown_column(
            column,
            (&whose, short),
            self.tables
                .columns(slot_info.table)
                .iter()
                .map(|c| c.name.as_str()),
        )
    }

    fn resolve<'a>(
        &'a self,
        frame: &Frame,
        own: &str,
        path: &'a [Spanned<String>],
    ) -> Resolved<'a> {
        let Some((column, prefix)) = path.split_last() else {
            return Resolved::Unknowable;
        };
        let prefix = match prefix.split_first() {
            Some((first, rest)) if first.value.eq_ignore_ascii_case(own) => rest,
            Some(_) | None => prefix,
        };
        let slot = if prefix.is_empty() {
            0
        } else {
            let dotted = dotted(prefix);
            let exact = frame.slots.iter().position(|s| s.name == dotted);
            let folded = || {
                frame
                    .slots
                    .iter()
                    .position(|s| s.name.eq_ignore_ascii_case(&dotted))
            };
            match exact.or_else(folded) {
                Some(slot) => slot,
                None => return Resolved::NoSlot(dotted),
            }
        };
        let Some(table) = frame.slots.get(slot).map(|s| s.table) else {
            return Resolved::Unknowable;
        };
        match self.tables.find(table, column) {
            Found::Column(found) => Resolved::Column(
                Col {
                    slot,
                    name: found.name.clone(),
                },
                &found.ty,
            ),
            Found::No => Resolved::NoColumn(slot, column),
            Found::Unknowable => Resolved::Unknowable,
        }
    }
}

fn dotted(path: &[Spanned<String>]) -> String {
    path.iter()
        .map(|p| p.value.as_str())
        .collect::<Vec<_>>()
        .join(".")
}

fn many_rows(relation: &str, path: &[Spanned<String>], span: Span, entity: &str) -> Diagnostic {
    let path = dotted(path);
    Diagnostic::error(
        &MANY_ROWS,
        format!("`{path}` has many values for one `{entity}`"),
    )
    .at(span, format!("`{relation}` is a relation"))
    .help(format!(
        "aggregate it, as `max({path})`, or ask for a row: `did: {relation}` with `where:`"
    ))
}

fn no_slot(frame: &Frame, prefix: &str, path: &[Spanned<String>], own: &str) -> Diagnostic {
    let names = || frame.slots.iter().skip(1).map(|s| s.name.as_str());
    let mut diagnostic = Diagnostic::error(
        &UNKNOWN_PATH,
        format!("`{own}` has no lookup or parent `{prefix}`"),
    );
    let first = path.first().map(|p| p.span);
    let last = path.get(path.len().saturating_sub(2)).map(|p| p.span);
    if let (Some(first), Some(last)) = (first, last) {
        diagnostic = diagnostic.at(
            first.to(last),
            format!("{own} leads to: {}", some_of(names(), 12)),
        );
    }
    diagnostic.suggest(nearest(prefix, names()))
}

/// Parses, checks and demands a boolean.
pub(super) fn condition<S: Scope>(
    snippet: &Snippet,
    scope: &mut S,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Option<Expr<S::Col>> {
    let ast = snippet::parse(snippet, diags)?;
    let expr = typing::check(&ast, scope, ctx, diags)?;
    require_boolean(expr, diags)
}

/// The expression, if it can be a condition; S0318 if not.
pub(super) fn require_boolean<C: Clone + Eq + std::hash::Hash + std::fmt::Debug>(
    expr: Expr<C>,
    diags: &mut Diagnostics,
) -> Option<Expr<C>> {
    if matches!(expr.ty, Type::Boolean | Type::Null) {
        return Some(expr);
    }
    diags.push(
        Diagnostic::error(
            &NOT_BOOLEAN,
            format!(
                "a condition must be true or false, not {}",
                super::frame::article(&expr.ty)
            ),
        )
        .at(
            expr.at.0,
            format!(
                "this is {}; expected boolean",
                super::frame::article(&expr.ty)
            ),
        )
        .help("compare it with something, as `… > 0` or `… is not null`"),
    );
    None
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

    fn zone<'b>(&'b self, _: &'b Context) -> &'b jiff::tz::TimeZone {
        &self.info.zone
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
        self.inlined = 0;
        condition(snippet, self, ctx, diags)
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
        measure::call(self.world, self.entity, self.measures, call, ctx, diags)
    }

    fn zone<'b>(&'b self, ctx: &'b Context) -> &'b jiff::tz::TimeZone {
        &ctx.time_zone
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
