//! Which tables dbt's `ref()` and `source()` mean: read from `manifest.json` of the dbt project that `dbt:` names, and put
//! into the spec in their place. dbt itself is not run, and none of its SQL is read.
#![allow(
    clippy::disallowed_methods,
    reason = "this room reads a project's files"
)]

use super::dbt_project;
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use crate::spec::{DbtSpec, LookupSpec, Spec, TableSpec};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;

/// A manifest of a thousand models is some tens of MiB.
const MAX_MANIFEST: u64 = 256 << 20;
/// Versions of the manifest whose names have been read: dbt 1.0 to 2.0.
const VERSIONS: std::ops::RangeInclusive<u32> = 4..=20;

/// The tables that dbt knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// The file that says so, as it is shown.
    pub(super) manifest: String,
    /// By model, seed or snapshot; of two packages' with one name the project's own counts.
    refs: BTreeMap<String, Table>,
    /// By source and table.
    sources: BTreeMap<(String, String), Table>,
}

#[derive(Clone, Debug)]
enum Table {
    At(Vec<String>),
    /// A model that other models take in, and no table.
    Ephemeral,
    Disabled,
    /// Of several packages, none of them the project.
    Ambiguous(Vec<String>),
}

#[derive(Deserialize)]
struct Manifest {
    metadata: Metadata,
    nodes: BTreeMap<String, Node>,
    #[serde(default)]
    sources: BTreeMap<String, Node>,
    #[serde(default)]
    disabled: Option<BTreeMap<String, Vec<Node>>>,
}

#[derive(Deserialize)]
struct Metadata {
    dbt_schema_version: String,
    #[serde(default)]
    project_name: Option<String>,
}

/// A node or a source, as far as it says which table it is.
#[derive(Deserialize)]
struct Node {
    resource_type: String,
    name: String,
    package_name: String,
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    schema: Option<String>,
    /// Of a node.
    #[serde(default)]
    alias: Option<String>,
    /// Of a source.
    #[serde(default)]
    identifier: Option<String>,
    #[serde(default)]
    source_name: Option<String>,
    #[serde(default)]
    config: Config,
    /// A number or a text, where a model has versions.
    #[serde(default)]
    version: Option<serde_json::Value>,
    #[serde(default)]
    latest_version: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
struct Config {
    #[serde(default)]
    materialized: Option<String>,
}

/// Reads the manifest that `dbt:` leads to. What is wrong with it is said once.
pub(super) fn read(
    root: &Path,
    dbt: &DbtSpec,
    env: &dyn Fn(&str) -> Option<String>,
    diags: &mut Diagnostics,
) -> Option<Tables> {
    let project_dir = Path::new(&dbt.project_dir.value);
    let folder = env("DBT_TARGET_PATH")
        .filter(|folder| !folder.is_empty())
        .or_else(|| dbt_project::setting(&root.join(project_dir), "target-path", env))
        .unwrap_or_else(|| "target".to_owned());
    let shown = project_dir.join(folder).join("manifest.json");
    let shown = shown.to_string_lossy().replace('\\', "/");
    let problem = |message: String, label: &str, help: &str| {
        Diagnostic::error(&codes::DBT_MANIFEST, message)
            .at(dbt.project_dir.span, label)
            .help(help)
    };
    let open = || -> std::io::Result<File> {
        let path = root.join(&shown);
        // Asked before opening: opening a pipe would wait for its writer.
        if fs::metadata(&path)?.is_file() {
            File::open(path)
        } else {
            Err(std::io::Error::other("no regular file"))
        }
    };
    let file = match open() {
        Ok(file) => file,
        Err(error) => {
            diags.push(problem(
                format!("`{shown}` cannot be read: {error}"),
                "expected a dbt project that has been parsed",
                "run `dbt parse` there, and name the folder that holds `dbt_project.yml`",
            ));
            return None;
        }
    };
    if file.metadata().is_ok_and(|m| m.len() > MAX_MANIFEST) {
        diags.push(problem(
            format!("`{shown}` is larger than 256 MiB"),
            "no manifest is as large as that",
            "check that it is dbt's own, and write it again with `dbt parse`",
        ));
        return None;
    }
    let manifest: Manifest =
        match serde_json::from_reader(BufReader::new(file.take(MAX_MANIFEST + 1))) {
            Ok(manifest) => manifest,
            Err(error) => {
                diags.push(problem(
                    format!("`{shown}` is no manifest of dbt: {error}"),
                    "expected dbt's own file",
                    "write it again with `dbt parse`",
                ));
                return None;
            }
        };
    if !known_version(&manifest.metadata.dbt_schema_version) {
        diags.push(
            Diagnostic::warning(
                &codes::DBT_MANIFEST,
                format!("`{shown}` has a version that segc does not know"),
            )
            .at(
                dbt.project_dir.span,
                format!("it says `{}`", manifest.metadata.dbt_schema_version),
            )
            .help("check with `segc debug` and `segc compile` that ref() and source() mean the right tables"),
        );
    }
    Some(Tables {
        manifest: shown,
        ..tables(manifest)
    })
}

/// `https://schemas.getdbt.com/dbt/manifest/v12.json`
fn known_version(version: &str) -> bool {
    version
        .rsplit_once("/v")
        .and_then(|(_, v)| v.strip_suffix(".json")?.parse().ok())
        .is_some_and(|v: u32| VERSIONS.contains(&v))
}

fn tables(manifest: Manifest) -> Tables {
    let own = manifest.metadata.project_name;
    let mut tables = Tables::default();
    let mut found: BTreeMap<String, Vec<(String, Table)>> = BTreeMap::new();
    for node in manifest.nodes.into_values().filter(Node::is_table) {
        if node.version.is_some() && node.version != node.latest_version {
            continue;
        }
        let (name, package) = (node.name.clone(), node.package_name.clone());
        found.entry(name).or_default().push((package, node.table()));
    }
    for (name, mut of) in found {
        if of.len() > 1
            && let Some(at) = of.iter().position(|(p, _)| Some(p) == own.as_ref())
        {
            of = vec![of.swap_remove(at)];
        }
        let packages: Vec<String> = of.iter().map(|(p, _)| p.clone()).collect();
        let table = match (of.len(), of.pop()) {
            (1, Some((_, only))) => only,
            _ => Table::Ambiguous(packages),
        };
        tables.refs.insert(name, table);
    }
    for source in manifest.sources.into_values() {
        if let Some(group) = source.source_name.clone() {
            let key = (group, source.name.clone());
            tables.sources.insert(key, source.table());
        }
    }
    for node in manifest.disabled.into_iter().flatten().flat_map(|(_, n)| n) {
        match node.source_name.clone() {
            Some(group) => {
                let key = (group, node.name);
                tables.sources.entry(key).or_insert(Table::Disabled);
            }
            None if node.is_table() => {
                tables.refs.entry(node.name).or_insert(Table::Disabled);
            }
            None => {}
        }
    }
    tables
}

impl Node {
    /// Whether `ref()` may name it.
    fn is_table(&self) -> bool {
        matches!(self.resource_type.as_str(), "model" | "seed" | "snapshot")
    }

    fn table(self) -> Table {
        if self.config.materialized.as_deref() == Some("ephemeral") {
            return Table::Ephemeral;
        }
        let name = self.identifier.or(self.alias).unwrap_or(self.name);
        let parts = [self.database, self.schema, Some(name)];
        let parts = parts.into_iter().flatten();
        Table::At(parts.filter(|p| !p.is_empty()).collect())
    }
}

impl Tables {
    /// Puts dbt's tables in the place of what refers to them, and says where that was. What refers to nothing is reported; the
    /// empty name is in its place.
    pub(super) fn put_into(&self, spec: &mut Spec, diags: &mut Diagnostics) -> Vec<Span> {
        let mut places = Vec::new();
        each_table(spec, &mut |table| {
            let (span, found, words) = match table {
                TableSpec::Ref(name) => (
                    name.span,
                    self.refs.get(&name.value),
                    format!("ref('{}')", name.value),
                ),
                TableSpec::Source(group, name) => (
                    group.span.to(name.span),
                    self.sources.get(&(group.value.clone(), name.value.clone())),
                    format!("source('{}', '{}')", group.value, name.value),
                ),
                TableSpec::Named(_) | TableSpec::File(_) | TableSpec::Query(_) => return,
            };
            let mut refuse = |message: String, label: &str, help: &str| {
                let diagnostic = Diagnostic::error(&codes::DBT_REFERENCE, message).at(span, label);
                diags.push(match self.near(table) {
                    Some(near) if found.is_none() => {
                        diagnostic.help(format!("did you mean `{near}`?"))
                    }
                    Some(_) | None => diagnostic.help(help),
                });
            };
            let parts = match found {
                Some(Table::At(parts)) => parts.clone(),
                Some(Table::Ephemeral) => {
                    refuse(
                        format!("`{words}` is ephemeral: there is no such table"),
                        "a model that dbt writes into others",
                        "materialize it as a table or a view in dbt",
                    );
                    Vec::new()
                }
                Some(Table::Disabled) => {
                    refuse(
                        format!("`{words}` is disabled in dbt"),
                        "dbt does not build it",
                        "enable it in dbt and run `dbt parse`, or name another table",
                    );
                    Vec::new()
                }
                Some(Table::Ambiguous(packages)) => {
                    refuse(
                        format!("`{words}` is in several packages: {}", packages.join(", ")),
                        "which one of them?",
                        "write the table's own name: `schema.table`",
                    );
                    Vec::new()
                }
                None => {
                    refuse(
                        format!("dbt knows no `{words}`"),
                        "not in dbt's manifest",
                        "run `dbt parse` if it is new, or write the table's own name: `schema.table`",
                    );
                    Vec::new()
                }
            };
            *table = TableSpec::Named(Spanned::new(parts, span));
            places.push(span);
        });
        places
    }

    /// What is written most like it.
    fn near(&self, table: &TableSpec) -> Option<String> {
        match table {
            TableSpec::Ref(name) => {
                nearest(&name.value, self.refs.keys().map(String::as_str)).map(str::to_owned)
            }
            TableSpec::Source(group, name) => {
                let whole = format!("{}.{}", group.value, name.value);
                let known: Vec<String> = self
                    .sources
                    .keys()
                    .map(|(group, name)| format!("{group}.{name}"))
                    .collect();
                let near = nearest(&whole, known.iter().map(String::as_str))?;
                let (group, name) = near.split_once('.')?;
                Some(format!("source('{group}', '{name}')"))
            }
            TableSpec::Named(_) | TableSpec::File(_) | TableSpec::Query(_) => None,
        }
    }
}

/// The empty name in the place of every reference: why there is no manifest has been said.
pub(super) fn give_up(spec: &mut Spec) {
    each_table(spec, &mut |table| {
        if let TableSpec::Ref(name) | TableSpec::Source(name, _) = table {
            *table = TableSpec::Named(Spanned::new(Vec::new(), name.span));
        }
    });
}

fn each_table(spec: &mut Spec, f: &mut dyn FnMut(&mut TableSpec)) {
    for entity in &mut spec.entities {
        f(&mut entity.table);
        lookups(&mut entity.lookups, f);
        for relation in &mut entity.relations {
            f(&mut relation.table);
            lookups(&mut relation.lookups, f);
        }
        for source in &mut entity.suppressors {
            f(&mut source.table);
        }
    }
}

fn lookups(of: &mut [LookupSpec], f: &mut dyn FnMut(&mut TableSpec)) {
    for lookup in of {
        f(&mut lookup.table);
        lookups(&mut lookup.lookups, f);
    }
}
