//! `segc.lock.yml`: the columns of the project's sources as a warehouse had them, for whoever asks none, and how many rows they had, for
//! the planner. `segc pull-schema` writes it.

use super::files;
use crate::diag::codes::expr::UNKNOWN_TYPE;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::Type;
use crate::model::statistics::Statistics;
use crate::model::typing::parse_type;
use crate::model::{Catalog, CatalogColumn, TableSource};
use crate::source::{SourceMap, Spanned};
use crate::yaml;
use crate::yaml::Node;
use crate::yaml::decode::Reader;
use crate::yaml::form::{Form, Key, Shape};
use std::collections::BTreeMap;
use std::path::Path;

/// The file's name, beside segc.yml.
pub const LOCK: &str = "segc.lock.yml";

const HEAD: &str = "# The columns of the project's sources, as `segc pull-schema` found them: commit it, do not edit it.\n\
    # They are read where no warehouse is asked. A column that is declared under `columns:` has its declared type.\n";

const STATISTICS: &str = "# What `segc pull-schema --statistics` counted. The plan of a query rests on it, no answer does: it may be old.\n";

static FILE: Form = Form::of(
    "segc.lock.yml",
    &[&[
        Key::required(
            "tables",
            Shape::MapOf(&Shape::MapOf(&Shape::Text)),
            "Sources, their columns, and the types of these.",
        ),
        Key::optional(
            "statistics",
            Shape::MapOf(&Shape::Form(&COUNTED)),
            "Sources, how many rows they had, and when these happened.",
        ),
    ]],
);

static COUNTED: Form = Form::of(
    "what was counted of a source",
    &[&[
        Key::required("rows", Shape::Text, "How many rows there were."),
        Key::optional(
            "times",
            Shape::MapOf(&Shape::Text),
            "Columns, and the days of the first and the last row: `2023-01-01 to 2025-12-31`.",
        ),
    ]],
);

/// Sources by their names, and what they have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    tables: BTreeMap<String, Vec<CatalogColumn>>,
    statistics: BTreeMap<String, Statistics>,
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
            statistics: BTreeMap::new(),
        }
    }

    /// The same with what was counted.
    #[must_use]
    pub fn with_statistics(
        mut self,
        counted: impl IntoIterator<Item = (TableSource, Statistics)>,
    ) -> Self {
        let named = counted.into_iter();
        self.statistics = named
            .filter_map(|(source, counted)| Some((name(&source)?, counted)))
            .collect();
        self
    }

    /// The same with what another one has of the sources that both have.
    #[must_use]
    pub fn with_statistics_of(mut self, old: &Self) -> Self {
        let kept = |name: &String| self.tables.contains_key(name);
        let old = old.statistics.iter().filter(|(name, _)| kept(name));
        self.statistics = old.map(|(n, s)| (n.clone(), s.clone())).collect();
        self
    }

    /// All rows that were counted.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.statistics.values().map(|counted| counted.rows).sum()
    }

    /// What was counted of a source.
    #[must_use]
    pub fn statistics(&self, source: &TableSource) -> Option<&Statistics> {
        self.statistics.get(&name(source)?)
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
        if !self.statistics.is_empty() {
            text.push_str(&format!("{STATISTICS}statistics:\n"));
        }
        for (name, counted) in &self.statistics {
            let rows = counted.rows;
            text.push_str(&format!("  {}:\n    rows: {rows}\n", quoted(name)));
            if !counted.times.is_empty() {
                text.push_str("    times:\n");
            }
            for (column, (first, last)) in &counted.times {
                text.push_str(&format!("      {}: {first} to {last}\n", quoted(column)));
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
    let Some(fields) = reader.fields(&node, &FILE) else {
        return Lock::default();
    };
    let mut entries = |key| {
        let node = fields.get(key);
        node.map_or(&[][..], |node| {
            reader.entries(node, "sources by their names")
        })
    };
    let (tables, counted) = (entries("tables"), entries("statistics"));
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
    for (name, node) in counted {
        let counted = statistics(node, &mut reader);
        lock.statistics.insert(name.value.clone(), counted);
    }
    lock
}

fn statistics(node: &Node, reader: &mut Reader<'_>) -> Statistics {
    let mut counted = Statistics::default();
    let Some(fields) = reader.fields(node, &COUNTED) else {
        return counted;
    };
    if let Some(node) = fields.get("rows") {
        let rows = node.scalar_text().and_then(|rows| rows.parse().ok());
        match rows {
            Some(rows) => counted.rows = rows,
            None => mismatch(node, "a number of rows", reader),
        }
    }
    let times = fields.get("times");
    for (column, node) in times.map_or(&[][..], |times| reader.entries(times, "columns of times")) {
        const DAYS: &str = "two days, `2023-01-01 to 2025-12-31`";
        let text = node.scalar_text();
        let days = text.as_deref().and_then(|days| days.split_once(" to "));
        match days.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?))) {
            Some(days) => {
                counted.times.insert(column.value.clone(), days);
            }
            None => mismatch(node, DAYS, reader),
        }
    }
    counted
}

fn mismatch(node: &Node, expected: &str, reader: &mut Reader<'_>) {
    let diagnostic = reader.mismatch(node, expected);
    let diagnostic = diagnostic.help("write the file anew with `segc pull-schema --statistics`");
    reader.diags.push(diagnostic);
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
            .help("write the file anew with `segc pull-schema`"),
        );
    }
    Some(CatalogColumn {
        name: name.value.clone(),
        ty: ty?,
        is_record,
    })
}
