//! `manifest.json`: what a project is, in the shape that dbt's tools know: nodes by `unique_id`, what each depends on, and
//! the columns it reads. Pure; `segc compile` writes it. Its structs are a promise to its readers.

use crate::dialect::Dialect;
use crate::ir::Selection;
use crate::model::lineage::{self, Lineage};
use crate::model::{Expose, Model, TableId};
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the shape below; grows when something is added.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
pub struct Manifest {
    pub metadata: Metadata,
    /// Segments and traits.
    pub nodes: BTreeMap<String, Node>,
    pub sources: BTreeMap<String, Source>,
    /// Node → what it depends on.
    pub parent_map: BTreeMap<String, Vec<String>>,
    /// Node or source → what depends on it.
    pub child_map: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct Metadata {
    pub segc_manifest_version: u32,
    pub segc_version: &'static str,
    pub project_name: String,
    pub adapter_type: &'static str,
    pub as_of: String,
    pub time_zone: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Node {
    pub unique_id: String,
    /// `segment`, `case`, `arm`, `holdout` or `trait`.
    pub resource_type: &'static str,
    pub name: String,
    pub entity: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub owner: Option<String>,
    pub tags: Vec<String>,
    pub action: Option<String>,
    pub kpi: Option<String>,
    pub original_file_path: String,
    pub definition_hash: String,
    /// The published view; traits are columns of their entity's table.
    pub relation_name: Option<String>,
    pub exposes: Vec<String>,
    pub channels: Vec<String>,
    pub suppressed: bool,
    pub held_out: bool,
    pub enabled: bool,
    /// In the selection that was compiled.
    pub selected: bool,
    pub depends_on: DependsOn,
}

#[derive(Debug, Serialize)]
pub struct DependsOn {
    pub nodes: Vec<String>,
    /// Source → columns.
    pub columns: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Serialize)]
pub struct Source {
    pub unique_id: String,
    pub resource_type: &'static str,
    pub name: String,
    pub columns: BTreeMap<String, SourceColumn>,
}

#[derive(Debug, Serialize)]
pub struct SourceColumn {
    pub data_type: String,
    pub declared: bool,
}

/// Where files and published relations are named.
pub struct Names<'a> {
    pub path_of: &'a dyn Fn(crate::source::Span) -> String,
    pub relation_of: &'a dyn Fn(&str) -> String,
}

/// The manifest of a compiled selection.
#[must_use]
pub fn manifest(
    model: &Model,
    selection: &Selection,
    dialect: &dyn Dialect,
    names: &Names<'_>,
) -> Manifest {
    let mut nodes = BTreeMap::new();
    for node in segments(model, selection, names).chain(traits(model, selection, names)) {
        nodes.insert(node.unique_id.clone(), node);
    }
    let mut parent_map = BTreeMap::new();
    let mut child_map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, node) in &nodes {
        let parents: Vec<String> = node
            .depends_on
            .nodes
            .iter()
            .chain(node.depends_on.columns.keys())
            .cloned()
            .collect();
        for parent in &parents {
            child_map
                .entry(parent.clone())
                .or_default()
                .push(id.clone());
        }
        parent_map.insert(id.clone(), parents);
    }
    Manifest {
        metadata: Metadata {
            segc_manifest_version: VERSION,
            segc_version: env!("CARGO_PKG_VERSION"),
            project_name: model.project.clone(),
            adapter_type: dialect.name(),
            as_of: model.as_of.to_string(),
            time_zone: model.time_zone.iana_name().map(str::to_owned),
        },
        nodes,
        sources: sources(model),
        parent_map,
        child_map,
    }
}

fn segments<'a>(
    model: &'a Model,
    selection: &'a Selection,
    names: &'a Names<'_>,
) -> impl Iterator<Item = Node> + 'a {
    (0u32..)
        .map(crate::model::SegmentId)
        .zip(&model.segments)
        .map(move |(id, s)| {
            let lineage = lineage::of_published(model, id);
            let entity = model.entities.get(s.entity.index());
            let used = s
                .references
                .iter()
                .filter_map(|r| model.segments.get(r.index()))
                .map(|r| segment_id(model, &r.name));
            let traits = s
                .traits
                .iter()
                .filter_map(|t| model.traits.get(t.index()))
                .map(|t| trait_id(model, &t.name));
            let mut depends: Vec<String> = used.chain(traits).collect();
            depends.sort();
            depends.dedup();
            Node {
                unique_id: segment_id(model, &s.name),
                resource_type: s.kind.word(),
                name: s.name.clone(),
                entity: entity.map(|e| e.name.clone()).unwrap_or_default(),
                title: s.title.clone(),
                description: s.description.clone(),
                owner: s.owner.clone(),
                tags: s.tags.clone(),
                action: s.action.clone(),
                kpi: s.kpi.clone(),
                original_file_path: (names.path_of)(s.span),
                definition_hash: s.definition_hash.clone(),
                relation_name: s.enabled.then(|| (names.relation_of)(&s.name)),
                exposes: s.expose.iter().map(|e| exposed(e, model)).collect(),
                channels: s
                    .channels
                    .iter()
                    .filter_map(|c| entity?.channels.get(*c))
                    .map(|c| c.name.clone())
                    .collect(),
                suppressed: s.suppressed,
                held_out: s.held_out,
                enabled: s.enabled,
                selected: selection.segments.contains(&id),
                depends_on: depends_on(depends, &lineage, model),
            }
        })
}

fn traits<'a>(
    model: &'a Model,
    selection: &'a Selection,
    names: &'a Names<'_>,
) -> impl Iterator<Item = Node> + 'a {
    (0u32..)
        .map(crate::model::TraitId)
        .zip(&model.traits)
        .map(move |(id, t)| {
            let lineage = lineage::of_value(model, t.entity, &t.value);
            Node {
                unique_id: trait_id(model, &t.name),
                resource_type: "trait",
                name: t.name.clone(),
                entity: model
                    .entities
                    .get(t.entity.index())
                    .map(|e| e.name.clone())
                    .unwrap_or_default(),
                title: None,
                description: t.description.clone(),
                owner: t.owner.clone(),
                tags: t.tags.clone(),
                action: None,
                kpi: None,
                original_file_path: (names.path_of)(t.span),
                definition_hash: t.definition_hash.clone(),
                relation_name: None,
                exposes: Vec::new(),
                channels: Vec::new(),
                suppressed: false,
                held_out: false,
                enabled: true,
                selected: selection.traits.contains(&id),
                depends_on: depends_on(Vec::new(), &lineage, model),
            }
        })
}

fn exposed(expose: &Expose, model: &Model) -> String {
    expose.name(model).to_owned()
}

fn depends_on(nodes: Vec<String>, lineage: &Lineage, model: &Model) -> DependsOn {
    DependsOn {
        nodes,
        columns: lineage
            .columns
            .iter()
            .map(|(table, columns)| (source_id(model, *table), columns.iter().cloned().collect()))
            .collect(),
    }
}

fn sources(model: &Model) -> BTreeMap<String, Source> {
    (0u32..)
        .map(TableId)
        .zip(&model.tables)
        .filter(|(_, table)| table.is_read())
        .map(|(id, table)| {
            let unique_id = source_id(model, id);
            let columns = table.columns.iter().map(|c| {
                let column = SourceColumn {
                    data_type: c.ty.to_string(),
                    declared: c.declared,
                };
                (c.name.clone(), column)
            });
            let source = Source {
                unique_id: unique_id.clone(),
                resource_type: "source",
                name: table_name(model, id),
                columns: columns.collect(),
            };
            (unique_id, source)
        })
        .collect()
}

fn segment_id(model: &Model, name: &str) -> String {
    format!("segment.{}.{name}", model.project)
}

fn trait_id(model: &Model, name: &str) -> String {
    format!("trait.{}.{name}", model.project)
}

fn source_id(model: &Model, table: TableId) -> String {
    format!("source.{}.{}", model.project, table_name(model, table))
}

/// A table as the project speaks of it; a query has the name of the first entity, relation or lookup that reads it.
fn table_name(model: &Model, id: TableId) -> String {
    use crate::model::TableSource;
    match model.tables.get(id.index()).map(|t| &t.source) {
        Some(TableSource::Named(parts)) => parts.join("."),
        Some(TableSource::File { path, .. }) => path.clone(),
        Some(TableSource::History { table, .. }) => table.join("."),
        Some(TableSource::Query(_) | TableSource::Members(_)) | None => model
            .entities
            .iter()
            .map(|e| &e.frame)
            .chain(model.relations.iter().map(|r| &r.frame))
            .flat_map(|frame| &frame.slots)
            .find(|slot| slot.table == id)
            .map_or_else(
                || format!("query_{}", id.index()),
                |slot| format!("query:{}", slot.name),
            ),
    }
}
