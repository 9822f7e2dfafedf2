//! `segc.lock.yml`: the columns of the project's sources as a warehouse had them, for whoever asks none. `segc pull-schema` writes it.

use super::files;
use crate::diag::codes::expr::UNKNOWN_TYPE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::Type;
use crate::model::typing::{nearest_type, parse_type};
use crate::model::{Catalog, CatalogColumn, TableSource};
use crate::source::{SourceMap, Spanned};
use crate::yaml;
use crate::yaml::decode::Reader;
use crate::yaml::form::{Form, Key, Shape};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name, beside segc.yml.
pub const LOCK: &str = "segc.lock.yml";

const HEAD: &str = "# The columns of the project's sources, as `segc pull-schema` found them: commit it, do not edit it.\n\
    # They are read where no warehouse is asked. A column that is declared under `columns:` has its declared type.\n";

static FILE: Form = Form::of(
    "segc.lock.yml",
    &[&[Key::required(
        "tables",
        Shape::MapOf(&Shape::MapOf(&Shape::Text)),
        "Sources, their columns, and the types of these.",
    )]],
);

/// Sources by their names, and what they have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    tables: BTreeMap<String, Vec<CatalogColumn>>,
}

impl Lock {
    /// What of a catalog is worth keeping: what segc publishes itself is not.
    #[must_use]
    pub fn of(catalog: &Catalog) -> Self {
        let kept = |(source, columns): &(TableSource, Vec<CatalogColumn>)| {
            Some((name(source)?, columns.clone()))
        };
        Self {
            tables: catalog.tables.iter().filter_map(kept).collect(),
        }
    }

    /// The columns of a source.
    #[must_use]
    pub fn get(&self, source: &TableSource) -> Option<&[CatalogColumn]> {
        self.tables.get(&name(source)?).map(Vec::as_slice)
    }

    /// Its numbers of tables and of columns.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let columns = self.tables.values().map(Vec::len);
        (self.tables.len(), columns.sum())
    }

    /// The file's text: tables in the order of their names, columns in the order of the table.
    #[must_use]
    pub fn text(&self) -> String {
        let quoted = |text: &str| serde_json::to_string(text).expect("a text is JSON, and so YAML");
        let mut text = format!(
            "{HEAD}tables:{}\n",
            if self.tables.is_empty() { " {}" } else { "" }
        );
        for (name, columns) in &self.tables {
            text.push_str(&format!("  {}:\n", quoted(name)));
            for column in columns {
                let ty = if column.is_record {
                    "record".to_owned()
                } else if column.ty == Type::Array(Box::new(Type::Null)) {
                    "array".to_owned()
                } else {
                    column.ty.to_string()
                };
                text.push_str(&format!("    {}: {ty}\n", quoted(&column.name)));
            }
        }
        text
    }
}

/// What a source is called in the file.
fn name(source: &TableSource) -> Option<String> {
    match source {
        TableSource::Named(parts) => Some(parts.join(".")),
        TableSource::File { path, .. } => Some(format!("file('{path}')")),
        TableSource::Query(query) => Some(query.text.value.clone()),
        TableSource::History { .. } | TableSource::Members(_) => None,
    }
}

/// What the file says; nothing where there is none.
pub(super) fn read(root: &Path, sources: &mut SourceMap, diags: &mut Diagnostics) -> Lock {
    let path = root.join(LOCK);
    if !path.exists() {
        return Lock::default();
    }
    let Some(file) = files::read(&path, LOCK, sources, diags) else {
        return Lock::default();
    };
    let text = sources.get(file).map_or("", |f| f.text.as_str());
    let node = yaml::parse(file, text, diags);
    let mut reader = Reader::new(diags, &[]);
    let tables = (reader.fields(&node, &FILE)).and_then(|fields| fields.get("tables"));
    let tables = tables.map_or(&[][..], |node| {
        reader.entries(node, "sources by their names")
    });
    let mut lock = Lock::default();
    for (name, columns) in tables {
        let mut found = Vec::new();
        for (name, ty) in reader.entries(columns, "columns and their types") {
            if let Some(ty) = reader.text(ty) {
                found.extend(column(name, &ty, reader.diags));
            }
        }
        lock.tables.insert(name.value.clone(), found);
    }
    lock
}

fn column(
    name: &Spanned<String>,
    written: &Spanned<String>,
    diags: &mut Diagnostics,
) -> Option<CatalogColumn> {
    let is_record = written.value == "record";
    let ty = match written.value.as_str() {
        "record" => Some(Type::Json),
        "array" => Some(Type::Array(Box::new(Type::Null))),
        text => parse_type(text),
    };
    if ty.is_none() {
        diags.push(
            Diagnostic::error(
                &UNKNOWN_TYPE,
                format!(
                    "unknown type `{}` of column `{}`",
                    written.value, name.value
                ),
            )
            .at(written.span, "segc writes no such type")
            .suggest(nearest_type(written))
            .help("write the file anew with `segc pull-schema`"),
        );
    }
    Some(CatalogColumn {
        name: name.value.clone(),
        ty: ty?,
        is_record,
    })
}
