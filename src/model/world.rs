//! [`World`]: everything resolved so far, and what a path leads to in it. Scopes are views of it.

use super::frame::{EntityInfo, RelationInfo};
use super::keyed::Stays;
use super::tables::{Found, Tables, some_of, unknown_column};
use super::{Col, EntityId, Frame, RelationId, Trait, TraitId};
use crate::diag::codes::model::{MANY_ROWS, UNKNOWN_PATH, UNKNOWN_RELATION};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::expr::Type;
use crate::source::{Span, Spanned};
use jiff::tz::TimeZone;
use std::collections::{HashMap, HashSet};

/// All that names can refer to.
#[derive(Debug)]
pub(super) struct World {
    pub(super) tables: Tables,
    pub(super) entities: Vec<EntityInfo>,
    pub(super) relations: Vec<RelationInfo>,
    pub(super) traits: Vec<Trait>,
    /// Of each entity (by index): its traits by name.
    pub(super) trait_names: Vec<HashMap<String, TraitState>>,
    /// Lists by name: whose keys they hold, and the relation, if it could be resolved.
    pub(super) lists: HashMap<String, (EntityId, Option<RelationId>)>,
    /// Of entities whose history some condition asks for.
    pub(super) stays: HashMap<EntityId, Stays>,
    pub(super) keeps_history: bool,
    /// The kinds of the project's targets, each once.
    pub(super) warehouses: Vec<String>,
    /// Names of segments, for hints.
    pub(super) segments: HashSet<String>,
    /// Names of items that could not be read, which has been reported.
    pub(super) broken: HashSet<String>,
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
pub(super) enum Resolved<'a> {
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
            warehouses: Vec::new(),
            lists: HashMap::new(),
            stays: HashMap::new(),
            keeps_history: true,
            segments: HashSet::new(),
            broken: HashSet::new(),
        }
    }

    pub(super) fn entity(&self, id: EntityId) -> Option<&EntityInfo> {
        self.entities.get(id.index())
    }

    pub(super) fn relation(&self, id: RelationId) -> Option<&RelationInfo> {
        self.relations.get(id.index())
    }

    /// The zone in which a column of the relation's row is read: its parent's columns are on their own relation's clock.
    pub(super) fn zone_of<'a>(&'a self, mut info: &'a RelationInfo, col: &Col) -> &'a TimeZone {
        let mut slot = col.slot;
        while let Some(up) = info.parent.and_then(|p| self.relation(p))
            && (1..=info.inherited).contains(&slot)
        {
            (info, slot) = (up, slot - 1);
        }
        &info.zone
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
            Resolved::NoColumn(0, column) if self.broken.contains(&column.value) => {}
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
        let diagnostic = if self.segments.contains(&column.value) {
            diagnostic.help(format!(
                "it is a segment; to be in it is a condition of its own, `{{in: {}}}`",
                column.value
            ))
        } else {
            diagnostic
        };
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

    pub(super) fn no_column(
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

    pub(super) fn resolve<'a>(
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

pub(super) fn no_slot(
    frame: &Frame,
    prefix: &str,
    path: &[Spanned<String>],
    own: &str,
) -> Diagnostic {
    // Those of other entities' segments have no name that can be written.
    let names = || {
        let slots = frame.slots.iter().skip(1).map(|s| s.name.as_str());
        slots.filter(|name| !name.contains(' '))
    };
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
