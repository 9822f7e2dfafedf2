//! Spec + Catalog → [`Model`]: the order of the passes, nothing else. Each pass reports all that is wrong and goes on with
//! what is left; a model with errors in the bag is for nobody's use.

use super::measure::Measures;
use super::tables::Tables;
use super::typing::Context;
use super::{Catalog, Model, frame, hash, items, segments};
use crate::diag::codes::model::UNKNOWN_ENTITY;
use crate::diag::{Diagnostic, Diagnostics};
use crate::spec::{Settings, Spec};
use std::collections::BTreeMap;

pub use super::tables::table_sources;

/// Resolves every name, types every expression and turns every condition into a predicate over measures.
pub fn resolve(
    spec: &Spec,
    settings: &Settings,
    catalog: &Catalog,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Model {
    made(spec, settings, catalog, ctx, true, diags)
}

/// The same without definition hashes, which cost a third of it: for who asks what conditions say and no more.
pub fn unhashed(
    spec: &Spec,
    settings: &Settings,
    catalog: &Catalog,
    ctx: &Context,
    diags: &mut Diagnostics,
) -> Model {
    made(spec, settings, catalog, ctx, false, diags)
}

fn made(
    spec: &Spec,
    settings: &Settings,
    catalog: &Catalog,
    ctx: &Context,
    hashed: bool,
    diags: &mut Diagnostics,
) -> Model {
    let tables = Tables::new(spec, settings, catalog, diags);
    let mut world = frame::entities(spec, tables, settings, ctx, diags);
    for target in &settings.targets {
        if !world.warehouses.contains(&target.kind.value) {
            world.warehouses.push(target.kind.value.clone());
        }
    }
    let mut measures = Measures::default();
    if world.entities.is_empty() && world.broken.is_empty() {
        no_entity(spec, diags);
    }
    let mut items = items::resolve(spec, settings, &mut world, &mut measures, ctx, diags);
    let names = &items.segments.names;
    let entity_uses =
        segments::entity_conditions(spec, &mut world, &mut measures, names, ctx, diags);
    if hashed {
        hash::fill(&mut world, &mut items, &entity_uses, ctx);
    }
    let (measures, populations, sequences) = measures.into_lists();
    Model {
        project: settings.name.value.clone(),
        as_of: ctx.as_of,
        time_zone: ctx.time_zone.clone(),
        tables: world.tables.into_list(),
        entities: world.entities.into_iter().map(|e| e.entity).collect(),
        relations: world.relations.into_iter().map(|r| r.relation).collect(),
        measures,
        populations,
        sequences,
        traits: world.traits,
        groups: items.segments.groups,
        segments: items.segments.segments,
        statistics: BTreeMap::new(),
    }
}

fn no_entity(spec: &Spec, diags: &mut Diagnostics) {
    let first = spec
        .segments
        .iter()
        .map(|s| &s.item)
        .chain(spec.groups.iter().map(|g| &g.item))
        .chain(spec.traits.iter().map(|t| &t.item))
        .map(|item| item.name.span)
        .min();
    if let Some(span) = first {
        diags.push(
            Diagnostic::error(&UNKNOWN_ENTITY, "the project declares no entity")
                .at(span, "nobody to ask this about")
                .help("declare one under `entities:` with its table and key"),
        );
    }
}
