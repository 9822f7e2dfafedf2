//! From a target to sessions with it, and from a project's sources to their columns.
#![allow(
    clippy::disallowed_methods,
    reason = "whether the target's file is there yet is asked here"
)]

use crate::build::read::text;
use crate::diag::codes::build::{FILE_NOT_FOUND, TABLE_NOT_FOUND};
use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::dialect::{self, Dialect};
use crate::engine::surroundings::Machine;
use crate::engine::{
    self, Engine, EngineError, EngineErrorKind, Options, Reads, Remote, Warehouse, catalog, exact,
};
use crate::model::{Catalog, CatalogColumn, Model, Table, TableSource, resolve};
use crate::project::Project;
use crate::project::target::{Embedded, Place, Target};
use crate::snippet;
use jiff::Timestamp;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use ulid::Ulid;

/// How a project's sources are asked for their columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sources {
    /// Not at all: what is not declared is unknown.
    Declared,
    /// Files are opened, and the target's database where it is there; a table that is declared may be missing.
    Local,
    /// As `Local`, and what declared types would change in files is looked for.
    Sound,
    /// As far as they are there: what is missing must be declared, and is reported where it is used otherwise.
    Known,
    /// Everything must be there. No row of it will be read.
    Typed,
    /// Everything must be there, and is read as of one instant where the warehouse keeps what was.
    Present,
}

/// What is known of a project's sources, and who was asked where that was a warehouse reached over a network: to log in once.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) catalog: Catalog,
    remote: Option<(Connection, Box<dyn Engine>)>,
}

/// What to open and how.
#[derive(Clone)]
pub(super) enum Connection {
    Embedded(Options),
    Remote(Box<Remote>),
}

impl Connection {
    /// From now on it is this run that connects.
    pub(super) fn run_as(&mut self, run: &str) {
        match self {
            Self::Embedded(_) => {}
            Self::Remote(remote) => remote.run_as(run),
        }
    }

    /// In words.
    fn place(&self) -> String {
        match self {
            Self::Embedded(options) => options.path.as_ref().map_or_else(
                || "a database in memory".to_owned(),
                |p| format!("`{}`", p.display()),
            ),
            Self::Remote(remote) => remote.place(),
        }
    }
}

/// The file of a target, if it has one.
pub(super) fn file(project: &Project, embedded: &Embedded) -> Option<PathBuf> {
    embedded.path.as_ref().map(|p| project.root.join(p))
}

/// Why nothing can be kept in a target, as far as that is seen before it is opened.
pub(super) fn unwritable(project: &Project, target: &Target) -> Option<Diagnostic> {
    let embedded = target.embedded()?;
    let (diagnostic, label) = match file(project, embedded) {
        None => (
            Diagnostic::error(
                &codes::IN_MEMORY,
                "the target is a database in memory: what is published there is gone when the command ends",
            )
            .help(format!(
                "name a file: `path: {}.duckdb`",
                project.settings.name.value
            )),
            "expected the path of a file",
        ),
        Some(file) => {
            let folder = file.parent().filter(|folder| !folder.is_dir())?;
            let folder = folder.display();
            (
                Diagnostic::error(
                    &codes::CANNOT_CONNECT,
                    format!("`{}` cannot be made: there is no folder `{folder}`", file.display()),
                )
                .help(format!("make the folder: `mkdir -p '{folder}'`")),
                "expected a file in a folder that is there",
            )
        }
    };
    Some(match embedded.written {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic,
    })
}

/// How a target is opened.
pub(super) fn options(project: &Project, target: &Target, threads: Option<u16>) -> Connection {
    match &target.place {
        Place::Embedded(embedded) => Connection::Embedded(of_embedded(project, embedded, threads)),
        Place::Remote(remote) => {
            let mut remote = remote.clone();
            remote.run_as(&Ulid::generate().to_string());
            Connection::Remote(remote)
        }
    }
}

fn of_embedded(project: &Project, embedded: &Embedded, threads: Option<u16>) -> Options {
    Options {
        path: file(project, embedded),
        read_only: false,
        project_dir: project.root.clone(),
        threads: threads.map(u32::from).or(embedded.threads),
        memory_limit: embedded.memory_limit.clone(),
        lock_timeout: Duration::from_secs(embedded.lock_timeout),
        reads: Some(reads(project, &embedded.read_from)),
        names_values: false,
    }
}

/// What the engine may read: files in the project's folder, in that of its dbt project, and in those that the target names.
fn reads(project: &Project, more: &[PathBuf]) -> Reads {
    let mut folders = vec![project.root.clone()];
    let dbt = project.settings.dbt.as_ref();
    folders.extend(dbt.map(|dbt| project.root.join(&dbt.project_dir.value)));
    folders.extend(more.iter().map(|folder| project.root.join(folder)));
    // What is wrong with the tables as written is reported when they are resolved.
    let unheard = &mut Diagnostics::default();
    let tables = resolve::table_sources(&project.spec, &project.settings, unheard);
    let names = tables.iter().flat_map(|table| match &table.source {
        TableSource::File { path, .. } => vec![path.clone()],
        TableSource::Query(query) => snippet::query_files(query),
        TableSource::Named(_) | TableSource::History { .. } | TableSource::Members(_) => Vec::new(),
    });
    Reads {
        names: names.collect(),
        folders,
    }
}

/// What another project's specs read as well.
pub(super) fn reads_as(connection: &mut Connection, other: &Project) {
    if let Connection::Embedded(options) = connection
        && let Some(own) = &mut options.reads
    {
        own.names.extend(reads(other, &[]).names);
    }
}

/// A database in memory beside the project's files.
pub(super) fn memory(project: &Project) -> Connection {
    Connection::Embedded(Options {
        project_dir: project.root.clone(),
        reads: Some(reads(project, &[])),
        ..Options::default()
    })
}

/// Opens a warehouse, or says why it cannot be opened.
pub(super) fn open(connection: &Connection, diags: &mut Diagnostics) -> Option<Box<dyn Warehouse>> {
    let opened = match connection {
        Connection::Embedded(options) => engine::open(options),
        Connection::Remote(remote) => Ok(remote.open(Arc::new(Machine::default()))),
    };
    match opened {
        Ok(warehouse) => Some(warehouse),
        Err(e) => {
            diags.push(refused(connection, &e));
            None
        }
    }
}

/// The diagnostic of a connection that failed.
pub(super) fn refused(connection: &Connection, error: &EngineError) -> Diagnostic {
    if !engine::IS_BUILT_IN && matches!(connection, Connection::Embedded(_)) {
        return Diagnostic::error(&codes::NO_ENGINE, "this segc was built without its engine")
            .help("declare all columns and use `--offline`, or install a release");
    }
    let what = connection.place();
    let said = match error.kind {
        EngineErrorKind::Statement => format!("{what} refuses a statement"),
        EngineErrorKind::Connection
        | EngineErrorKind::Locked
        | EngineErrorKind::Conflict
        | EngineErrorKind::Exhausted
        | EngineErrorKind::ReadOnly => format!("cannot open {what}"),
    };
    let diagnostic = Diagnostic::error(&codes::CANNOT_CONNECT, said).note(error.message.clone());
    match error.kind {
        EngineErrorKind::Locked => diagnostic.help(
            "close the other process, or wait for it: `lock_timeout: 60` in the target of segc.yml",
        ),
        EngineErrorKind::Connection
        | EngineErrorKind::Exhausted
        | EngineErrorKind::ReadOnly
        | EngineErrorKind::Statement
        | EngineErrorKind::Conflict => diagnostic
            .help("`segc debug` tries the connection; `segc explain S0421` says what to look for"),
    }
}

/// The columns of what the project reads.
pub(super) fn columns(
    project: &Project,
    target: Option<&Target>,
    sources: Sources,
    diags: &mut Diagnostics,
) -> Survey {
    let mut survey = Survey::default();
    let found = &mut survey.catalog;
    let Some(dialect) = target.and_then(|t| dialect::find(&t.kind)) else {
        return survey;
    };
    // What is wrong with the tables as written is reported when they are resolved.
    let tables = resolve::table_sources(
        &project.spec,
        &project.settings,
        &mut Diagnostics::default(),
    );
    let stored = target.and_then(|t| stored(project, t, None));
    // A warehouse that is reached over a network is asked where everything must be there, and not before.
    let sources = match &stored {
        Some(Connection::Remote(_)) => match sources {
            Sources::Declared | Sources::Local | Sources::Sound | Sources::Known => {
                Sources::Declared
            }
            Sources::Typed | Sources::Present => sources,
        },
        Some(Connection::Embedded(_)) | None => sources,
    };
    let asked: Vec<&Table> = match sources {
        Sources::Declared => Vec::new(),
        Sources::Typed | Sources::Present => tables.iter().collect(),
        Sources::Known => tables
            .iter()
            .filter(|t| !is_named(t) || stored.is_some())
            .collect(),
        Sources::Local | Sources::Sound => tables
            .iter()
            .filter(|t| !is_history(t))
            .filter(|t| !is_named(t) || t.columns.is_empty() || stored.is_some())
            .collect(),
    };
    for table in &tables {
        let is_asked = asked.iter().any(|t| t.source == table.source);
        if let Some(columns) = project.lock.get(&table.source).filter(|_| !is_asked) {
            found
                .tables
                .push((table.source.clone(), known(columns, table)));
        }
    }
    if asked.is_empty() {
        return survey;
    }
    // Files of the project are read here, whatever the warehouse is.
    let is_remote = matches!(stored, Some(Connection::Remote(_)));
    let (files, others): (Vec<&Table>, Vec<&Table>) =
        asked.into_iter().partition(|t| is_remote && is_file(t));
    let connection = stored.unwrap_or_else(|| memory(project));
    let memory = memory(project);
    let session = describe(
        project,
        &connection,
        dialect,
        &others,
        sources,
        found,
        diags,
    );
    describe(
        project,
        &memory,
        dialect::embedded(),
        &files,
        sources,
        found,
        diags,
    );
    survey.remote = session
        .filter(|_| is_remote)
        .map(|session| (connection, session));
    survey
}

/// Describes tables, and says of those that must be there but are not. Who was asked, if anything was.
fn describe(
    project: &Project,
    connection: &Connection,
    dialect: &dyn Dialect,
    asked: &[&Table],
    sources: Sources,
    found: &mut Catalog,
    diags: &mut Diagnostics,
) -> Option<Box<dyn Engine>> {
    if asked.is_empty() {
        return None;
    }
    let list: Vec<TableSource> = asked.iter().map(|t| t.source.clone()).collect();
    let Some(mut session) = session(connection, diags) else {
        found.missing.extend(list);
        return None;
    };
    match catalog::describe(session.as_mut(), dialect, &project.root, &list) {
        Err(e) => {
            diags.push(refused(connection, &e));
            found.missing.extend(list);
        }
        Ok(answers) => {
            for (table, answer) in asked.iter().zip(answers) {
                match answer {
                    Ok(columns) => found.tables.push((table.source.clone(), columns)),
                    Err(_) if sources == Sources::Known => {}
                    Err(_)
                        if matches!(sources, Sources::Local | Sources::Sound)
                            && is_named(table)
                            && !table.columns.is_empty() => {}
                    // Nothing was published yet.
                    Err(_) if is_history(table) => {
                        found.tables.push((table.source.clone(), Vec::new()));
                    }
                    Err(problem) => {
                        diags.push(of_dbt(project, table, problem.at(table.span)));
                        found.missing.push(table.source.clone());
                    }
                }
            }
        }
    }
    Some(session)
}

/// Where the name of a table that cannot be read comes from, if dbt gave it.
fn of_dbt(project: &Project, table: &Table, diagnostic: Diagnostic) -> Diagnostic {
    let is_missing = diagnostic.code.id == TABLE_NOT_FOUND.id;
    match project.manifest_of(table.span).filter(|_| is_missing) {
        None => diagnostic,
        Some(manifest) => diagnostic
            .note(format!("dbt names the table in `{manifest}`"))
            .help("have dbt build it (`dbt build`), or, where the manifest is that of another target, write it again: `dbt parse --target …`"),
    }
}

fn session(connection: &Connection, diags: &mut Diagnostics) -> Option<Box<dyn Engine>> {
    match open(connection, diags)?.session() {
        Ok(session) => Some(session),
        Err(e) => {
            diags.push(refused(connection, &e));
            None
        }
    }
}

/// Has all statements of a run read its sources as of one instant, where the warehouse keeps what was: this one, or now.
pub(super) fn fix_instant(
    survey: &mut Survey,
    target: &Target,
    at: Option<Timestamp>,
    model: &mut Model,
    diags: &mut Diagnostics,
) {
    let Some((connection, engine)) = &mut survey.remote else {
        return;
    };
    let Some(dialect) = dialect::find(&target.kind).filter(|_| !diags.has_errors()) else {
        return;
    };
    let sources: Vec<TableSource> = model.tables.iter().map(|t| t.source.clone()).collect();
    match catalog::instant(engine.as_mut(), dialect, &sources) {
        Ok(Some((now, kept))) => {
            let at = at.unwrap_or(now);
            for table in model.tables.iter_mut().filter(|t| kept.contains(&t.source)) {
                table.read_at = Some(at);
            }
        }
        Ok(None) => {}
        Err(error) => diags.push(refused(connection, &error)),
    }
}

/// Says what declared types would change in the project's files, which are read here whatever the warehouse is.
pub(super) fn unchanged(project: &Project, model: &Model, diags: &mut Diagnostics) {
    let dialect = dialect::embedded();
    let mut seen = Vec::new();
    let mut session = None;
    for table in &model.tables {
        // Several entities may read one file.
        let Some(sql) = dialect.changed(table).filter(|sql| !seen.contains(sql)) else {
            continue;
        };
        seen.push(sql);
        if session.is_none() {
            session = self::session(&memory(project), diags);
        }
        let Some(session) = &mut session else {
            return;
        };
        match exact::changed(session.as_mut(), dialect, &project.root, table) {
            Ok(found) => found.into_iter().for_each(|d| diags.push(d)),
            Err(error) => diags.push(refused(&memory(project), &error)),
        }
    }
}

/// Reads the keys of lists that are files, for a warehouse that cannot.
pub(super) fn read_lists(
    project: &Project,
    target: &Target,
    model: &mut Model,
    diags: &mut Diagnostics,
) {
    match target.place {
        Place::Embedded(_) => return,
        Place::Remote(_) => {}
    }
    let dialect = dialect::embedded();
    let mut lists = (model.tables.iter_mut())
        .filter(|t| t.keys.is_some())
        .peekable();
    if lists.peek().is_none() || diags.has_errors() {
        return;
    }
    let Some(mut engine) = session(&memory(project), diags) else {
        return;
    };
    for table in lists {
        let (Some(from), Some(keys)) = (dialect.table(table), &mut table.keys) else {
            continue;
        };
        let key = dialect.identifier(&keys.column);
        let sql = format!(
            "select distinct cast({key} as varchar) as k from {from} where {key} is not null order by k"
        );
        match engine.query(&sql) {
            Ok(rows) => keys.values = Some(rows.rows.iter().flatten().map(text).collect()),
            Err(error) => diags.push(
                Diagnostic::error(
                    &FILE_NOT_FOUND,
                    format!("the keys of {} cannot be read", table.source),
                )
                .at(table.span, "this list")
                .note(error.words())
                .help("its keys must be of the type of the entity's key"),
            ),
        }
    }
}

/// What is written down of a table, and what it has gained since by its declaration.
fn known(written: &[CatalogColumn], table: &Table) -> Vec<CatalogColumn> {
    let is_new = |name: &str| !written.iter().any(|c| c.name.eq_ignore_ascii_case(name));
    let declared = table.columns.iter().filter(|c| is_new(&c.name));
    let declared = declared.map(|c| CatalogColumn {
        name: c.name.clone(),
        ty: c.ty.clone(),
        is_record: c.is_record,
    });
    written.iter().cloned().chain(declared).collect()
}

fn is_named(table: &Table) -> bool {
    match table.source {
        TableSource::Named(_) => true,
        TableSource::File { .. }
        | TableSource::Query(_)
        | TableSource::History { .. }
        | TableSource::Members(_) => false,
    }
}

fn is_file(table: &Table) -> bool {
    matches!(table.source, TableSource::File { .. })
}

fn is_history(table: &Table) -> bool {
    matches!(table.source, TableSource::History { .. })
}

/// What there is of a target, to look: a file is opened read-only. None where it is not there yet.
fn stored(project: &Project, target: &Target, threads: Option<u16>) -> Option<Connection> {
    match options(project, target, threads) {
        Connection::Embedded(options) => {
            let is_there = options.path.as_ref().is_some_and(|p| p.exists());
            is_there.then_some(Connection::Embedded(Options {
                read_only: true,
                ..options
            }))
        }
        remote @ Connection::Remote(_) => Some(remote),
    }
}

/// How a target is opened to look: what there is of it, else memory.
pub(super) fn reading(project: &Project, target: &Target, threads: Option<u16>) -> Connection {
    stored(project, target, threads).unwrap_or_else(|| match options(project, target, threads) {
        Connection::Embedded(options) => Connection::Embedded(Options {
            path: None,
            ..options
        }),
        remote @ Connection::Remote(_) => remote,
    })
}

/// The diagnostic of a query that failed while looking.
pub(super) fn failed(error: &EngineError) -> Diagnostic {
    Diagnostic::error(&codes::CANNOT_CONNECT, "the database refused the query")
        .note(error.message.clone())
        .help("`segc build` checks the sources and says which of them is to blame")
}
