//! `segc init --csv`: from a user's own files to entities, relations, traits and first segments.
//!
//! One file is the entity's: the one with a column that is different in every row and that the most other files have too. The
//! others are relations over that column. A single file of events makes an entity of its distinct customers.
#![allow(clippy::disallowed_methods, reason = "it reads the user's files")]

use super::init::NewFile;
use crate::diag::Diagnostic;
use crate::diag::codes::project as codes;
use crate::dialect::{self, Dialect};
use crate::engine::{self, Engine, EngineError, Options, Value, catalog};
use crate::expr::Type;
use crate::model::{FileFormat, TableSource};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A file and what is in it.
struct Csv {
    /// Lower-case, a name of the language.
    name: String,
    /// Below the project's folder.
    path: String,
    bytes: Vec<u8>,
    columns: Vec<(String, Type)>,
    /// Per column: no two rows agree and none is empty.
    unique: Vec<bool>,
}

type Failure = Box<Diagnostic>;

/// Columns, and whether each is unique.
type Described = (Vec<(String, Type)>, Vec<bool>);

/// The files of a project over `csv`. Files that are not in the folder are copied to `data/`.
pub(super) fn project(
    name: &str,
    csv: &[PathBuf],
    dir: &Path,
    cwd: &Path,
) -> Result<Vec<NewFile>, Failure> {
    let dialect = *dialect::ALL.first().expect("there is a dialect");
    let mut files = Vec::new();
    for path in csv {
        files.push(look(path, dir, cwd, dialect)?);
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = files.iter().find(|f| !names.insert(f.name.clone())) {
        return Err(useless(format!("two files are named `{}`", twice.name)));
    }
    let specs = specs(&files)?;
    let mut out = vec![
        (
            crate::project::SETTINGS.to_owned(),
            settings(name).into_bytes(),
        ),
        ("segments/customers.yml".to_owned(), specs.into_bytes()),
    ];
    for file in files {
        if !dir.join(&file.path).exists() {
            out.push((file.path, file.bytes));
        }
    }
    Ok(out)
}

fn settings(name: &str) -> String {
    format!(
        "# The project: its time, its vars, where it publishes. Specs are in segments/*.yml.
name: {name}
version: 1
time_zone: UTC            # whose days and months are meant, as in America/New_York
as_of: now                # or an instant, while the data is a sample
targets:
  dev: {{type: duckdb, path: {name}.duckdb}}
default_target: dev
"
    )
}

fn useless(message: String) -> Failure {
    Box::new(
        Diagnostic::error(&codes::UNUSABLE_DATA, message)
            .note("nothing was written")
            .help("`segc explain S0419` says what is needed"),
    )
}

fn look(path: &Path, dir: &Path, cwd: &Path, dialect: &dyn Dialect) -> Result<Csv, Failure> {
    let full = cwd.join(path);
    let unreadable = |e: &dyn std::fmt::Display| {
        Box::new(
            Diagnostic::error(
                &codes::UNREADABLE,
                format!("cannot read `{}`: {e}", path.display()),
            )
            .help("give the path of a CSV file with a header line"),
        )
    };
    let bytes = std::fs::read(&full).map_err(|e| unreadable(&e))?;
    let real = full.canonicalize().map_err(|e| unreadable(&e))?;
    let file_name = real
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = real
        .file_stem()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let below = dir
        .canonicalize()
        .ok()
        .and_then(|dir| real.strip_prefix(dir).ok().map(Path::to_owned))
        .map(|p| {
            p.components()
                .map(|c| c.as_os_str().to_string_lossy())
                .collect::<Vec<_>>()
                .join("/")
        });
    let folder = real.parent().map(Path::to_owned).unwrap_or_default();
    let (columns, unique) = describe(&folder, &file_name, dialect).map_err(|e| {
        useless(format!(
            "`{}` cannot be read as CSV: {}",
            path.display(),
            first_line(&e.message)
        ))
    })?;
    if columns.is_empty() {
        return Err(useless(format!("`{}` has no columns", path.display())));
    }
    Ok(Csv {
        name: to_name(&stem),
        path: below.unwrap_or_else(|| format!("data/{file_name}")),
        bytes,
        columns,
        unique,
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

fn describe(folder: &Path, file: &str, dialect: &dyn Dialect) -> Result<Described, EngineError> {
    let warehouse = engine::open(&Options {
        project_dir: folder.to_owned(),
        ..Options::default()
    })?;
    let mut session = warehouse.session()?;
    let source = TableSource::File {
        path: file.to_owned(),
        format: FileFormat::Csv,
    };
    let refused = |message: &str| EngineError {
        kind: engine::EngineErrorKind::Statement,
        message: message.to_owned(),
    };
    let columns = catalog::describe(
        session.as_mut(),
        dialect,
        folder,
        std::slice::from_ref(&source),
    )?
    .into_iter()
    .next()
    .and_then(Result::ok)
    .ok_or_else(|| refused("it has no header line that can be made out"))?;
    let columns: Vec<(String, Type)> = columns.into_iter().map(|c| (c.name, c.ty)).collect();
    let unique = uniqueness(session.as_mut(), dialect, file, &columns)?;
    Ok((columns, unique))
}

fn uniqueness(
    session: &mut dyn Engine,
    dialect: &dyn Dialect,
    file: &str,
    columns: &[(String, Type)],
) -> Result<Vec<bool>, EngineError> {
    let counts: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("count(distinct {})", dialect.quote(name)))
        .collect();
    let sql = format!(
        "select count(*), {} from read_csv({}, header = true, comment = '')",
        counts.join(", "),
        dialect.string(file)
    );
    let rows = session.query(&sql)?;
    let numbers: Vec<i64> = rows
        .rows
        .first()
        .into_iter()
        .flatten()
        .map(|v| match v {
            Value::Int(n) => *n,
            Value::Null | Value::Boolean(_) | Value::Float(_) | Value::Text(_) => 0,
        })
        .collect();
    let total = numbers.first().copied().unwrap_or(0);
    Ok(numbers
        .iter()
        .skip(1)
        .map(|n| *n == total && total > 0)
        .collect())
}

/// A name of the language for a file or column.
fn to_name(text: &str) -> String {
    let name: String = text
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(63)
        .collect();
    if name.is_empty() {
        "data".to_owned()
    } else {
        name
    }
}

/// Which file is the entity's and by which of its columns; or, of a file of events, the column of its customers.
enum Shape {
    Table { file: usize, key: usize },
    Events { file: usize, key: usize },
}

fn shape(files: &[Csv]) -> Option<Shape> {
    let mut best: Option<((bool, usize, bool), usize, usize)> = None;
    for (f, file) in files.iter().enumerate() {
        for (c, (column, ty)) in file.columns.iter().enumerate() {
            let can_be_key = matches!(ty, Type::Int | Type::String);
            if !can_be_key || file.unique.get(c) != Some(&true) {
                continue;
            }
            let others = files
                .iter()
                .enumerate()
                .filter(|(o, other)| *o != f && link(other, file, column, ty).is_some())
                .count();
            let person = names_a_person(column) || is_bare(column) && is_people(&file.name);
            let score = (person && others > 0, others, person);
            if best.as_ref().is_none_or(|(b, ..)| score > *b) {
                best = Some((score, f, c));
            }
        }
    }
    match best {
        Some(((_, others, person), file, key)) if others > 0 || person => {
            Some(Shape::Table { file, key })
        }
        Some(_) | None => files.iter().enumerate().find_map(|(file, csv)| {
            let key = csv.columns.iter().position(|(name, ty)| {
                names_a_person(name) && matches!(ty, Type::Int | Type::String)
            })?;
            Some(Shape::Events { file, key })
        }),
    }
}

fn has(file: &Csv, column: &str, ty: &Type) -> bool {
    file.columns
        .iter()
        .any(|(name, t)| name == column && t == ty)
}

/// The column of `file` that names rows of `owner` by its key: of the key's own name, or `user_id` for a bare `id`. A column
/// that is different in every row of both, as a GUID per row, names nothing but its own row.
fn link<'a>(file: &'a Csv, owner: &Csv, key: &str, ty: &Type) -> Option<&'a str> {
    let bare = is_bare(key);
    let named = |column: &str| {
        if !bare {
            return column == key;
        }
        let column = column.to_lowercase();
        let stem = column
            .strip_suffix(&key.to_lowercase())
            .map(|s| s.trim_end_matches('_'));
        stem.is_some_and(|s| {
            !s.is_empty()
                && (is_people(s) && is_people(&owner.name) || singular(&owner.name).ends_with(s))
        })
    };
    file.columns
        .iter()
        .zip(&file.unique)
        .find(|((name, t), unique)| {
            let own_row = **unique && !bare && !names_a_person(name);
            t == ty && named(name) && !own_row
        })
        .map(|((name, _), _)| name.as_str())
}

/// Whether a key's name does not say whose it is.
fn is_bare(column: &str) -> bool {
    ["id", "key", "uuid", "guid"].contains(&column.to_lowercase().as_str())
}

fn singular(name: &str) -> &str {
    name.strip_suffix('s').unwrap_or(name)
}

const PEOPLE: &[&str] = &[
    "customer",
    "client",
    "user",
    "member",
    "person",
    "contact",
    "account",
    "subscriber",
];

/// Whether a file's or a column's name is about people.
fn is_people(name: &str) -> bool {
    PEOPLE.iter().any(|word| name.contains(word))
}

fn names_a_person(column: &str) -> bool {
    let column = column.to_lowercase();
    is_people(&column)
        && (column.ends_with("id")
            || column.ends_with("key")
            || column.ends_with("no")
            || !column.contains('_'))
}

fn specs(files: &[Csv]) -> Result<String, Failure> {
    let Some(shape) = shape(files) else {
        return Err(useless(
            "no file has a column that can be the customers' key".to_owned(),
        ));
    };
    let (owner, key) = match shape {
        Shape::Table { file, key } | Shape::Events { file, key } => (file, key),
    };
    let table = files.get(owner).expect("the shape is of these files");
    let (key, ty) = table.columns.get(key).expect("the shape is of its columns");
    let mut out = String::from(
        "# Who the customers are, and what they did; made from the files' first look. Adjust what it got wrong.\nentities:\n  - name: customer\n",
    );
    let relations: Vec<(&Csv, &str)> = match shape {
        Shape::Table { .. } => {
            let _ = writeln!(out, "    table: file('{}')", quote(&table.path));
            let _ = writeln!(out, "    key: {}", yaml(key));
            columns(table, "    ", &mut out);
            files
                .iter()
                .enumerate()
                .filter(|(i, _)| *i != owner)
                .filter_map(|(_, f)| Some((f, link(f, table, key, ty)?)))
                .collect()
        }
        Shape::Events { .. } => {
            let sql = format!(
                "select distinct \"{key}\" from read_csv('{}', header = true, comment = '') where \"{key}\" is not null",
                table.path.replace('\'', "''"),
                key = key.replace('"', "\"\""),
            );
            let _ = writeln!(out, "    # Everybody who occurs in {}.", table.path);
            let _ = writeln!(out, "    table: {{sql: {}}}", yaml(&sql));
            let _ = writeln!(out, "    key: {}", yaml(key));
            files
                .iter()
                .filter(|f| has(f, key, ty))
                .map(|f| (f, key.as_str()))
                .collect()
        }
    };
    if !relations.is_empty() {
        out.push_str("    relations:\n");
    }
    for (file, on) in &relations {
        relation(file, key, on, &mut out);
    }
    let related: Vec<&Csv> = relations.iter().map(|(f, _)| *f).collect();
    rest(&related, key, &mut out);
    for file in files
        .iter()
        .filter(|f| f.name != table.name && related.iter().all(|r| r.name != f.name))
    {
        let _ = writeln!(
            out,
            "# {} has no column that names a customer by {key}, so it belongs to nobody yet.",
            file.path
        );
    }
    Ok(out)
}

fn relation(file: &Csv, key: &str, on: &str, out: &mut String) {
    let _ = writeln!(out, "      - name: {}", file.name);
    let _ = writeln!(out, "        table: file('{}')", quote(&file.path));
    let _ = if on == key {
        writeln!(out, "        on: {}", yaml(key))
    } else {
        writeln!(out, "        on: {{{}: {}}}", yaml(key), yaml(on))
    };
    let own_key = file
        .columns
        .iter()
        .zip(&file.unique)
        .find(|((_, ty), unique)| **unique && matches!(ty, Type::Int | Type::String));
    if let Some(((name, _), _)) = own_key {
        let _ = writeln!(out, "        key: {}", yaml(name));
    }
    if let Some(time) = time(file) {
        let _ = writeln!(out, "        time: {}", yaml(time));
    }
    columns(file, "        ", out);
}

fn time(file: &Csv) -> Option<&str> {
    file.columns
        .iter()
        .find(|(_, ty)| matches!(ty, Type::Date | Type::Timestamp | Type::Datetime))
        .map(|(name, _)| name.as_str())
}

fn columns(file: &Csv, indent: &str, out: &mut String) {
    let _ = writeln!(out, "{indent}columns:");
    for (name, ty) in &file.columns {
        let _ = writeln!(out, "{indent}  {}: {}", yaml(name), yaml(&ty.to_string()));
    }
}

fn rest(relations: &[&Csv], key: &str, out: &mut String) {
    if !relations.is_empty() {
        out.push_str("\ntraits:\n");
    }
    for file in relations {
        let _ = writeln!(
            out,
            "  - {{name: {}_count, count: {}}}",
            cut(&file.name),
            file.name
        );
        if let Some(time) = time(file) {
            let _ = writeln!(
                out,
                "  - {{name: last_{}_at, max: {}, of: {}}}",
                cut(&file.name),
                file.name,
                column_ref(time)
            );
        }
    }
    out.push_str("\nsegments:\n");
    let mut any = false;
    for file in relations {
        any = true;
        let (name, cut) = (&file.name, cut(&file.name));
        if time(file).is_some() {
            let _ = write!(
                out,
                "  - name: {cut}_recently
    title: {name} within 90 days
    where:
      - {{did: {name}, within: 90 days}}

  - name: {cut}_no_more
    title: {name} once, none for half a year
    where:
      - {{did: {name}}}
      - {{did_not: {name}, within: 180 days}}

"
            );
        } else {
            let _ = write!(
                out,
                "  - name: has_{cut}\n    where:\n      - {{did: {name}}}\n\n"
            );
        }
        let _ = write!(
            out,
            "  - name: without_{cut}\n    where:\n      - {{did_not: {name}}}\n\n"
        );
    }
    if !any {
        let _ = write!(
            out,
            "  - name: everybody\n    where:\n      - {}\n\n",
            yaml(&format!("{} is not null", column_ref(key)))
        );
    }
}

/// Leaves room for what is put before and behind a name.
fn cut(name: &str) -> &str {
    name.get(..40).unwrap_or(name)
}

fn quote(text: &str) -> String {
    text.replace('\'', "''")
}

/// A column in an expression.
fn column_ref(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain {
        name.to_owned()
    } else {
        yaml(&format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

/// A YAML scalar, in quotes where it must be.
fn yaml(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["true", "false", "null", "yes", "no", "on", "off"]
            .contains(&text.to_lowercase().as_str());
    if plain {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn csv(name: &str, columns: &[(&str, bool)]) -> Csv {
        Csv {
            name: name.to_owned(),
            path: format!("data/{name}.csv"),
            bytes: Vec::new(),
            columns: columns
                .iter()
                .map(|(n, _)| ((*n).to_owned(), Type::Int))
                .collect(),
            unique: columns.iter().map(|(_, unique)| *unique).collect(),
        }
    }

    #[test]
    fn a_bare_id_is_named_by_other_files_not_shared_with_them() {
        let people = csv("raw_customers", &[("id", true)]);
        let orders = csv("raw_orders", &[("id", true), ("user_id", false)]);
        let payments = csv("raw_payments", &[("id", true), ("order_id", false)]);
        assert_eq!(link(&orders, &people, "id", &Type::Int), Some("user_id"));
        assert_eq!(link(&payments, &people, "id", &Type::Int), None);
        assert_eq!(link(&payments, &orders, "id", &Type::Int), Some("order_id"));
        let files = [payments, orders, people];
        assert!(matches!(
            shape(&files),
            Some(Shape::Table { file: 2, key: 0 })
        ));
    }

    #[test]
    fn a_guid_per_row_joins_nothing() {
        let address = csv("address", &[("rowguid", true), ("addressid", true)]);
        let customer = csv("customer", &[("customerid", true), ("rowguid", true)]);
        let sales = csv("sales", &[("customerid", false), ("rowguid", true)]);
        let files = [address, customer, sales];
        assert!(matches!(
            shape(&files),
            Some(Shape::Table { file: 1, key: 0 })
        ));
    }
}
