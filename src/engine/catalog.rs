//! Asks a warehouse which columns the project's sources have, and keeps file sources inside the project's folder. What
//! is missing is said as a diagnostic at the place that the caller names.
#![allow(clippy::disallowed_methods)] // Whether files exist, and where links lead, is asked here.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use super::ragged::{self, Ragged, Wrong};
use super::{Engine, EngineError, EngineErrorKind, Rows, Value};
use crate::diag::{Code, Diagnostic, codes};
use crate::dialect::Dialect;
use crate::model::{CatalogColumn, FileFormat, TableSource};
use crate::snippet;
use crate::source::Span;

/// Why a source cannot be described.
#[derive(Clone, Debug)]
pub struct Problem {
    code: &'static Code,
    message: String,
    note: Option<String>,
    help: String,
}

impl Problem {
    /// The problem at the place where the source is written.
    #[must_use]
    pub fn at(self, span: Span) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.message).at(span, "named here");
        if let Some(note) = self.note {
            diagnostic = diagnostic.note(note);
        }
        diagnostic.help(self.help)
    }
}

/// Columns of a source in order, with their types; columns of types that segc has no word for are left out.
pub type Columns = Vec<CatalogColumn>;

/// What was found of one source.
type Answer = Result<Columns, Problem>;

/// Describes sources: those that are in lists of the warehouse with one query, the others each for itself.
///
/// # Errors
/// The connection is gone; what is wrong with one source is in its own result.
pub fn describe(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    project_dir: &Path,
    sources: &[TableSource],
) -> Result<Vec<Answer>, EngineError> {
    let listed = listed(engine, dialect, sources)?;
    (sources.iter().zip(listed))
        .map(
            |(source, found)| match (found, check_files(project_dir, source)) {
                (Some(columns), _) => Ok(Ok(columns)),
                (None, Err(problem)) => Ok(Err(problem)),
                (None, Ok(())) => one(engine, dialect, project_dir, source),
            },
        )
        .collect()
}

/// The columns of those sources that lists of the warehouse have: asked at once, and where that is refused, because a schema is not
/// there, table by table.
fn listed(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    sources: &[TableSource],
) -> Result<Vec<Option<Columns>>, EngineError> {
    let mut found: Vec<Option<Columns>> = vec![None; sources.len()];
    let tables: Vec<(usize, &[String])> = (sources.iter().enumerate())
        .filter_map(|(n, source)| Some((n, named(source)?)))
        .filter(|(_, parts)| dialect.catalog(&[*parts]).is_some())
        .collect();
    if !list(engine, dialect, &tables, &mut found)? {
        for table in tables.chunks(1) {
            // What is not there is said when it is looked at.
            list(engine, dialect, table, &mut found)?;
        }
    }
    Ok(found)
}

/// Asks for the columns of tables, each of which has its place in `found`; whether there was an answer.
fn list(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    tables: &[(usize, &[String])],
    found: &mut [Option<Columns>],
) -> Result<bool, EngineError> {
    let parts: Vec<&[String]> = tables.iter().map(|(_, parts)| *parts).collect();
    let Some(sql) = dialect.catalog(&parts).filter(|_| !parts.is_empty()) else {
        return Ok(true);
    };
    let rows = match engine.query(&sql) {
        Ok(rows) => rows,
        Err(error) if error.kind == EngineErrorKind::Statement => return Ok(false),
        Err(error) => return Err(error),
    };
    for row in rows.rows {
        if let [Value::Int(n), Value::Text(name), Value::Text(ty), ..] = row.as_slice()
            && let Some((at, _)) = usize::try_from(*n).ok().and_then(|n| tables.get(n))
            && let Some(columns) = found.get_mut(*at)
        {
            let columns = columns.get_or_insert_default();
            columns.extend(column(dialect, name, ty));
        }
    }
    Ok(true)
}

/// From when on all statements read the rows of those tables that keep what was: the warehouse's clock, and the tables. None where
/// there is no such table.
///
/// # Errors
/// The warehouse's.
pub fn instant(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    sources: &[TableSource],
) -> Result<Option<(jiff::Timestamp, Vec<TableSource>)>, EngineError> {
    let tables: Vec<(&TableSource, &[String])> = (sources.iter())
        .filter_map(|source| match source {
            TableSource::Named(parts) => Some((source, parts.as_slice())),
            // What was published is read as it is.
            TableSource::History { .. }
            | TableSource::File { .. }
            | TableSource::Query(_)
            | TableSource::Members(_) => None,
        })
        .filter(|(_, parts)| dialect.keeps_past(&[*parts]).is_some())
        .collect();
    let parts: Vec<&[String]> = tables.iter().map(|(_, parts)| *parts).collect();
    let Some(sql) = dialect.keeps_past(&parts).filter(|_| !parts.is_empty()) else {
        return Ok(None);
    };
    let mut at: Option<jiff::Timestamp> = None;
    let mut kept = Vec::new();
    for row in engine.query(&sql)?.rows {
        if let [Value::Int(n), Value::Text(clock)] = row.as_slice()
            && let Some((source, _)) = usize::try_from(*n).ok().and_then(|n| tables.get(n))
            && let Ok(clock) = clock.parse()
        {
            at = Some(at.map_or(clock, |first| first.min(clock)));
            kept.push((*source).clone());
        }
    }
    Ok(at.map(|at| (at, kept)))
}

/// The name of a table of the warehouse's own.
fn named(source: &TableSource) -> Option<&[String]> {
    match source {
        TableSource::Named(parts) | TableSource::History { table: parts, .. } => Some(parts),
        TableSource::File { .. } | TableSource::Query(_) | TableSource::Members(_) => None,
    }
}

fn one(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    project_dir: &Path,
    source: &TableSource,
) -> Result<Answer, EngineError> {
    let answer = match dialect.everything(source) {
        Some(sql) => engine.columns(&sql),
        None => Ok(Rows::default()),
    };
    match answer {
        Ok(rows) => {
            let columns = columns(dialect, &rows);
            // Where no way to tell columns apart fits all lines, the engine takes each line for one column: `17,x` under a header
            // of one column would be a key that nobody has.
            let problem = match columns.as_slice() {
                [only] if ragged::is_whole_line(&only.name) => ragged(project_dir, source),
                [_] => wider(project_dir, source)
                    .or_else(|| quoted(engine, dialect, project_dir, source)),
                _ => quoted(engine, dialect, project_dir, source),
            };
            Ok(problem.map_or(Ok(columns), Err))
        }
        Err(error) => match error.kind {
            EngineErrorKind::Statement | EngineErrorKind::Conflict => {
                if let Some(problem) = ragged(project_dir, source) {
                    return Ok(Err(problem));
                }
                let closer = dialect
                    .probe(source)
                    .and_then(|sql| engine.query(&sql).err());
                Ok(Err(missing(source, &closer.unwrap_or(error))))
            }
            EngineErrorKind::Connection
            | EngineErrorKind::Locked
            | EngineErrorKind::Exhausted
            | EngineErrorKind::ReadOnly => Err(error),
        },
    }
}

/// The line of a CSV file that is unlike its header.
fn ragged(project_dir: &Path, source: &TableSource) -> Option<Problem> {
    let ragged = ragged::first(&csv(project_dir, source)?)?;
    Some(unlike(source, ragged))
}

/// The line of a CSV file of one column that has more. Quotes are the engine's to judge: there are other ways to write them.
fn wider(project_dir: &Path, source: &TableSource) -> Option<Problem> {
    let found = ragged::first(&csv(project_dir, source)?)?;
    matches!(found.wrong, Wrong::Columns { .. }).then(|| unlike(source, found))
}

/// The line for which the engine takes all quotes of a CSV file for text: keys would have quotes.
fn quoted(
    engine: &mut dyn Engine,
    dialect: &dyn Dialect,
    project_dir: &Path,
    source: &TableSource,
) -> Option<Problem> {
    let open = ragged::open_quote(&csv(project_dir, source)?)?;
    let answer = engine.query(&dialect.keeps_quotes(source)?).ok()?;
    let is_kept = answer.rows == [[Value::Boolean(true)]];
    is_kept.then(|| unlike(source, open))
}

fn csv(project_dir: &Path, source: &TableSource) -> Option<PathBuf> {
    match source {
        TableSource::File {
            path,
            format: FileFormat::Csv,
        } => Some(project_dir.join(path)),
        TableSource::File { .. }
        | TableSource::Named(_)
        | TableSource::Query(_)
        | TableSource::History { .. }
        | TableSource::Members(_) => None,
    }
}

fn unlike(source: &TableSource, ragged: Ragged) -> Problem {
    let line = ragged.line;
    let columns = |n: u64| format!("{n} {}", if n == 1 { "column" } else { "columns" });
    let (message, help) = match ragged.wrong {
        Wrong::Columns { expected, found } => (
            format!(
                "line {line} of {source} has {}, and its header {expected}",
                columns(found)
            ),
            if expected == 1 {
                "let the first line name all columns; a text with a delimiter in it stands in quotes, `\"New York, NY\"`"
            } else {
                "correct the line: a text with a delimiter in it stands in quotes, `\"New York, NY\"`"
            },
        ),
        Wrong::Quote => (
            format!("a quote in line {line} of {source} does not end with its column"),
            "end it, or double a quote that is part of the text: `\"the \"\"Ritz\"\"\"`",
        ),
    };
    Problem {
        code: &codes::build::ROWS_UNREADABLE,
        message,
        note: None,
        help: help.to_owned(),
    }
}

fn columns(dialect: &dyn Dialect, rows: &Rows) -> Columns {
    (rows.rows.iter())
        .filter_map(|row| match row.as_slice() {
            [Value::Text(name), Value::Text(ty), ..] => column(dialect, name, ty),
            _ => None,
        })
        .collect()
}

fn column(dialect: &dyn Dialect, name: &str, ty: &str) -> Option<CatalogColumn> {
    Some(CatalogColumn {
        name: name.to_owned(),
        ty: dialect.type_of(ty)?,
        is_record: dialect.is_record(ty),
    })
}

fn missing(source: &TableSource, error: &EngineError) -> Problem {
    let said = error.words();
    if said.starts_with("Permission Error") {
        return Problem {
            code: &codes::build::FILE_OUTSIDE_PROJECT,
            message: format!("{source} reads files outside of the project's folder"),
            note: Some(said),
            help: "if a view is meant to, name the folder in the target of segc.yml: `read_from: [../lake]`"
                .to_owned(),
        };
    }
    match source {
        TableSource::Named(parts) => Problem {
            code: &codes::build::TABLE_NOT_FOUND,
            message: format!("table `{}` cannot be read", parts.join(".")),
            note: Some(said),
            help: "correct the name, or check the target with `segc debug`".to_owned(),
        },
        TableSource::File { path, .. } => Problem {
            code: &codes::build::FILE_NOT_FOUND,
            message: format!("file `{path}` cannot be read"),
            note: Some(said),
            help: "check that it is the kind of file that its name says".to_owned(),
        },
        TableSource::History { table, .. } => Problem {
            code: &codes::build::TABLE_NOT_FOUND,
            message: format!("nothing is published as `{}`", table.join(".")),
            note: Some(said),
            help: "the first build makes it".to_owned(),
        },
        TableSource::Query(_) | TableSource::Members(_) => Problem {
            code: &codes::build::TABLE_NOT_FOUND,
            message: "this query is refused by the warehouse".to_owned(),
            note: Some(said),
            help: "run it in the warehouse's own client and correct it".to_owned(),
        },
    }
}

/// What a source reads are files of the project.
fn check_files(project_dir: &Path, source: &TableSource) -> Result<(), Problem> {
    match source {
        TableSource::Query(query) => snippet::query_files(query)
            .into_iter()
            .try_for_each(|path| {
                let format = FileFormat::Parquet;
                check_file(project_dir, &TableSource::File { path, format })
            }),
        TableSource::File { .. } => check_file(project_dir, source),
        TableSource::Named(_) | TableSource::History { .. } | TableSource::Members(_) => Ok(()),
    }
}

/// A file lies in the project, exists, and is the one that the engine would read.
fn check_file(project_dir: &Path, source: &TableSource) -> Result<(), Problem> {
    let TableSource::File { path, format } = source else {
        return Ok(());
    };
    let refused = |message: String, help: &str| Problem {
        code: &codes::build::FILE_OUTSIDE_PROJECT,
        message,
        note: None,
        help: help.to_owned(),
    };
    let outside = |message| {
        let help = "copy the file into the project's folder and name it relative to that";
        refused(message, help)
    };
    if path.contains("://") || path.contains(['*', '?', '[', '{', '\\', '\0']) {
        return Err(refused(
            format!("`{path}` is an address or a pattern: not in this version yet"),
            "load the files into a table of the warehouse and name that, or name one file of the project's folder",
        ));
    }
    let relative = Path::new(path);
    let stays = relative
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    if !stays || relative.is_absolute() || path.starts_with('~') {
        return Err(outside(format!(
            "`{path}` leads out of the project's folder"
        )));
    }
    let there = project_dir.join(relative);
    let Ok(real) = there.canonicalize() else {
        return Err(Problem {
            code: &codes::build::FILE_NOT_FOUND,
            message: format!("there is no file `{path}` in the project"),
            note: None,
            help: "correct the path: it is relative to the folder of segc.yml".to_owned(),
        });
    };
    let root = project_dir
        .canonicalize()
        .unwrap_or_else(|_| project_dir.to_owned());
    if !real.starts_with(&root) {
        return Err(outside(format!(
            "`{path}` is a link out of the project's folder"
        )));
    }
    if !real.is_file() {
        return Err(Problem {
            code: &codes::build::FILE_NOT_FOUND,
            message: format!("`{path}` is no file"),
            note: None,
            help: "name a CSV or a Parquet file".to_owned(),
        });
    }
    if *format == FileFormat::Csv && is_blank(&real) {
        return Err(Problem {
            code: &codes::build::FILE_NOT_FOUND,
            message: format!("file `{path}` is empty"),
            note: None,
            help: "its first line names the columns, even where there are no rows yet".to_owned(),
        });
    }
    // The engine looks into the working folder first.
    if relative.canonicalize().is_ok_and(|here| here != real) {
        return Err(Problem {
            code: &codes::build::FILE_IN_TWO_PLACES,
            message: format!("`{path}` exists both in the project and in the working folder"),
            note: None,
            help: "start segc in the project's folder".to_owned(),
        });
    }
    Ok(())
}

/// Whether there is nothing but blanks in a file, a mark of its encoding aside.
fn is_blank(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(4096).read_to_end(&mut start));
    let text = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start);
    read.is_ok_and(|length| length < 4096) && text.iter().all(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A BigQuery without the dataset `segments`.
    struct New(Vec<String>);

    impl Engine for New {
        fn change(&mut self, sql: &str) -> Result<u64, EngineError> {
            unreachable!("{sql}")
        }

        fn query(&mut self, sql: &str) -> Result<Rows, EngineError> {
            self.0.push(sql.to_owned());
            if sql.contains("segments.") {
                return Err(EngineError {
                    kind: EngineErrorKind::Statement,
                    message: "notFound: Not found: Dataset shop:segments".to_owned(),
                });
            }
            let text = |text: &str| Value::Text(text.to_owned());
            let row = vec![Value::Int(0), text("total"), text("NUMERIC(12, 2)")];
            Ok(Rows {
                columns: Vec::new(),
                rows: vec![row],
            })
        }
    }

    #[test]
    fn a_schema_that_is_not_there_takes_nothing_from_the_others() {
        let dialect = crate::dialect::find("bigquery").expect("it is one");
        let named = |parts: [&str; 2]| TableSource::Named(parts.map(str::to_owned).to_vec());
        let sources = [named(["raw", "orders"]), named(["segments", "members"])];
        let mut engine = New(Vec::new());
        let found = listed(&mut engine, dialect, &sources).expect("only one is missing");
        let types = |found: &Option<Columns>| {
            let columns = found.iter().flatten();
            columns.map(|c| c.ty.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            found.iter().map(types).collect::<Vec<_>>(),
            [vec!["decimal(12,2)"], vec![]]
        );
        assert_eq!(engine.0.len(), 3, "{:?}", engine.0);
    }

    #[test]
    fn files_stay_in_the_project() {
        let dir = tempfile::tempdir().expect("a folder");
        let project = dir.path().join("project");
        std::fs::create_dir_all(project.join("data")).expect("a folder");
        std::fs::write(project.join("data/in.csv"), "a\n1\n").expect("a file");
        std::fs::write(dir.path().join("out.csv"), "a\n1\n").expect("a file");
        let check = |path: &str| {
            let source = TableSource::File {
                path: path.to_owned(),
                format: FileFormat::Csv,
            };
            check_file(&project, &source).map_err(|p| p.code.id)
        };
        assert_eq!(check("data/in.csv"), Ok(()));
        assert_eq!(check("./data/in.csv"), Ok(()));
        // Tests run in the folder of Cargo.toml.
        std::fs::write(project.join("Cargo.toml"), "[package]").expect("a file");
        assert_eq!(check("Cargo.toml"), Err("S0612"));
        std::fs::write(project.join("data/empty.csv"), "\u{feff}\n \n").expect("a file");
        assert_eq!(check("data/empty.csv"), Err("S0610"));
        assert_eq!(check("data/nope.csv"), Err("S0610"));
        assert_eq!(check("data"), Err("S0610"));
        for path in [
            "../out.csv",
            "data/../../out.csv",
            "/etc/passwd",
            "~/x.csv",
            "data/*.csv",
            "s3://b/x.csv",
        ] {
            assert_eq!(check(path), Err("S0609"), "{path}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(dir.path().join("out.csv"), project.join("link.csv"))
                .expect("a link");
            assert_eq!(check("link.csv"), Err("S0609"));
        }
    }
}
