//! What segments and traits mean, row by row: each folder of `tests/rows` is a project with its tables (`setup.sql`) and
//! what the language says the answer is, worked out by hand (`expected.txt`). Every plan is run as lowered and as
//! optimised; both have to give that answer.
//!
//! `expected.txt` is blocks that begin with `as_of …` (and `zone …`, to ask the same in another zone), then a line per segment
//! (`name: keys that are in it`, before suppression), `suppressed: keys`, `held_out: keys`, or a line per trait (`name: key=value; key=value`,
//! `-` is NULL). The first block names every segment and trait.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use duckdb::Connection;
use segc::diag::Diagnostics;
use segc::emit::{self, EntityQuery};
use segc::ir::{self, Plan, Selection};
use segc::model::{Catalog, Model, SegmentId, TraitId, calendar, resolve, typing};
use segc::source::SourceMap;
use segc::spec::settings::{self, AsOfSpec};
use segc::{dialect, project};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// One question: when, in which zone, and the answers by name.
#[derive(Default)]
pub(crate) struct Block {
    as_of: String,
    zone: Option<String>,
    answers: Vec<(String, String)>,
}

pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let lines = text.lines().map(str::trim);
    for line in lines.filter(|l| !l.is_empty() && !l.starts_with('#')) {
        if let Some(as_of) = line.strip_prefix("as_of ") {
            blocks.push(Block {
                as_of: as_of.to_owned(),
                ..Block::default()
            });
            continue;
        }
        let block = blocks.last_mut().expect("a block begins with as_of");
        if let Some(zone) = line.strip_prefix("zone ") {
            block.zone = Some(zone.to_owned());
        } else {
            let (name, answer) = line.split_once(':').expect("name: answer");
            let answer = (name.trim().to_owned(), answer.trim().to_owned());
            block.answers.push(answer);
        }
    }
    blocks
}

/// The project in a folder, resolved offline as of a block's instant.
pub(crate) fn model(folder: &Path, block: &Block) -> Model {
    let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
    let mut project = project::load(folder.to_owned(), None, &mut sources, &mut diags).unwrap();
    if let Some(zone) = &block.zone {
        project.settings.time_zone.value.clone_from(zone);
    }
    let zone = settings::zone(&project.settings.time_zone.value).unwrap();
    let spec = AsOfSpec::of(&block.as_of);
    let as_of = calendar::resolve_as_of(&spec, jiff::Timestamp::UNIX_EPOCH, &zone).unwrap();
    let facts = typing::Context {
        as_of,
        time_zone: zone,
        week_start: project.settings.week_start,
        vars: project::vars(&project.settings),
    };
    let catalog = Catalog::default();
    let (spec, settings) = (&project.spec, &project.settings);
    let model = resolve::resolve(spec, settings, &catalog, &facts, &mut diags);
    let found: Vec<_> = diags.iter().map(|d| (d.code.id, &d.message)).collect();
    assert!(!diags.has_errors(), "{}: {found:?}", folder.display());
    model
}

/// Everything about each entity, by key and by the column's name.
pub(crate) type Table = BTreeMap<String, BTreeMap<String, String>>;

pub(crate) fn run(connection: &Connection, plan: &Plan, model: &Model) -> Table {
    let dialect = dialect::find("duckdb").unwrap();
    let mut diags = Diagnostics::default();
    let EntityQuery {
        prelude,
        sql,
        columns,
        ..
    } = emit::query(plan, model, dialect, &mut diags);
    assert!(!diags.has_errors());
    for statement in &prelude {
        connection.execute_batch(statement).unwrap();
    }
    let texts: Vec<String> = columns
        .iter()
        .map(|c| format!("cast(\"{}\" as varchar)", c.name))
        .collect();
    let texts = texts.join(", ");
    let mut statement = connection
        .prepare(&format!("select {texts} from (\n{sql}\n)"))
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut rows = statement.query([]).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut table = Table::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}\n{sql}")) {
        let values: BTreeMap<String, String> = columns
            .iter()
            .enumerate()
            .map(|(n, c)| {
                let value: Option<String> = row.get(n).unwrap();
                (c.name.clone(), value.unwrap_or_else(|| "-".to_owned()))
            })
            .collect();
        let before = table.insert(values["entity_key"].clone(), values);
        assert!(before.is_none(), "one row per entity");
    }
    table
}

/// Floats to nine digits, all else to the letter.
fn same(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        (Err(_), _) | (_, Err(_)) => false,
    }
}

const NO_SUCH: &str = "there is no such segment or trait";

/// What an answer should have been, if it is wrong.
fn wrong(table: &Table, name: &str, expected: &str) -> Option<String> {
    let segment = format!("seg_{}", name.replace('.', "__"));
    let has = |column: &str| table.values().all(|row| row.contains_key(column));
    let column = if ["suppressed", "held_out"].contains(&name) {
        name
    } else {
        &segment
    };
    if has(column) {
        let null = table.values().any(|row| row[column] == "-");
        let keys: Vec<&str> = table
            .iter()
            .filter(|(_, row)| row[column] == "true")
            .map(|(key, _)| key.as_str())
            .collect();
        let found = keys.join(" ");
        return (null || found != expected).then_some(found);
    }
    let column = format!("trait_{name}");
    if !has(&column) {
        return Some(NO_SUCH.to_owned());
    }
    let mut left: BTreeMap<&str, &str> = expected
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .collect();
    let mut found = Vec::new();
    for (key, row) in table {
        match left.remove(key.as_str()) {
            Some(value) if same(&row[&column], value) => {}
            Some(_) | None => found.push(format!("{key}={}", row[&column])),
        }
    }
    found.extend(left.keys().map(|key| format!("there is no {key}")));
    (!found.is_empty()).then(|| found.join("; "))
}

pub(crate) fn everything(model: &Model) -> Selection {
    let (segments, traits) = (model.segments.len() as u32, model.traits.len() as u32);
    Selection {
        segments: (0..segments).map(SegmentId).collect(),
        traits: (0..traits).map(TraitId).collect(),
        ..Selection::default()
    }
}

fn check(folder: &Path) -> Vec<String> {
    let name = folder.file_name().unwrap().to_string_lossy();
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let mut problems = Vec::new();
    for (n, block) in blocks(&read("expected.txt")).iter().enumerate() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("set threads = 1; set autoload_known_extensions = false")
            .unwrap();
        connection.execute_batch(&read("setup.sql")).unwrap();
        let model = model(folder, block);
        let plans = ir::lower(&model, &everything(&model));
        let mut tables = Vec::new();
        for plan in plans {
            let naive = run(&connection, &plan, &model);
            let apart = crate::plan::apart(&plan, &model);
            let optimised = ir::optimize(plan, &model, &ir::Costs::MEASURED, &mut |_, _| {});
            let optimised = run(&connection, &optimised, &model);
            assert_eq!(naive, optimised, "{name} {}: naive, optimised", block.as_of);
            if let Some(apart) = apart {
                let apart = run(&connection, &apart, &model);
                assert_eq!(naive, apart, "{name} {}: naive, apart", block.as_of);
            }
            tables.push(naive);
        }
        for (what, expected) in &block.answers {
            // Of several entities, that which is asked this.
            let found = tables.iter().map(|table| wrong(table, what, expected));
            let found: Option<Vec<String>> = found.collect();
            if let Some(found) = found.and_then(|f| f.into_iter().min_by_key(|f| f == NO_SUCH)) {
                let as_of = &block.as_of;
                problems.push(format!(
                    "{name} {as_of} {what}: expected {expected}, found {found}"
                ));
            }
        }
        if n == 0 {
            let asked: BTreeSet<&str> = block.answers.iter().map(|(n, _)| n.as_str()).collect();
            let segments = model.segments.iter().map(|s| s.name.as_str());
            let names = segments.chain(model.traits.iter().map(|t| t.name.as_str()));
            let silent = names.filter(|n| !asked.contains(n));
            problems.extend(silent.map(|n| format!("{name}: nothing is expected of {n}")));
        }
    }
    problems
}

#[test]
fn every_answer_is_what_the_language_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows");
    let mut folders: Vec<_> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    // `ROWS=shapes cargo test --test it rows::` runs those whose names hold the text.
    if let Ok(wanted) = std::env::var("ROWS") {
        folders.retain(|folder| folder.to_string_lossy().contains(&wanted));
    }
    assert!(!folders.is_empty());
    let problems: Vec<String> = folders.iter().flat_map(|folder| check(folder)).collect();
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}
