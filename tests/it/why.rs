//! The tree that `segc why` shows: its truth is the build's, every node follows from those below it, asking one entity gives
//! what asking everybody gives; over every segment of `tests/rows`.

use crate::rows;
use duckdb::Connection;
use duckdb::types::Value as Raw;
use segc::diag::Diagnostics;
use segc::engine::Value;
use segc::expr::{Literal, Type};
use segc::model::tree::{Kind, Node};
use segc::model::{Model, SegmentId};
use segc::why::{Answered, Depth, Question, text};
use segc::{dialect, ir};
use std::path::{Path, PathBuf};

/// All rows of a question's query.
fn ask(connection: &Connection, question: &Question, only: Option<Literal>) -> Vec<Vec<Value>> {
    let dialect = dialect::find("duckdb").unwrap();
    let mut diags = Diagnostics::default();
    let query = question.query(only, dialect, &mut diags).unwrap();
    assert!(!diags.has_errors());
    for statement in &query.prelude {
        connection.execute_batch(statement).unwrap();
    }
    let sql = &query.sql;
    let mut statement = connection
        .prepare(sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut rows = statement.query([]).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}\n{sql}")) {
        all.push(
            (0..query.columns.len())
                .map(|n| match row.get::<_, Raw>(n).unwrap() {
                    Raw::Null => Value::Null,
                    Raw::Boolean(b) => Value::Boolean(b),
                    Raw::BigInt(n) => Value::Int(n),
                    Raw::Double(x) => Value::Float(x),
                    Raw::Text(text) => Value::Text(text),
                    Raw::Date32(days) => {
                        let date = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
                        Value::Text(date.to_string())
                    }
                    other => Value::Text(format!("{other:?}")),
                })
                .collect(),
        );
    }
    all
}

/// What a node's truth must be, from those below it; None for leaves and for what stands above.
fn follows(answered: &Answered<'_>, node: &Node) -> Option<bool> {
    let of: Vec<bool> = node.of.iter().map(|n| answered.holds(n)).collect();
    let held = of.iter().filter(|h| **h).count() as u32;
    match &node.kind {
        Kind::Constant
        | Kind::Leaf
        | Kind::InAgain(_)
        | Kind::NotInAgain(_)
        | Kind::CaseAgain { .. } => None,
        Kind::All | Kind::In(_) => Some(of.iter().all(|h| *h)),
        Kind::Any => Some(of.contains(&true)),
        Kind::None | Kind::Not | Kind::NotIn(_) => Some(!of.contains(&true)),
        Kind::NotAll => Some(of.contains(&false)),
        Kind::Count { min, max } => {
            Some(min.is_none_or(|m| held >= m) && max.is_none_or(|m| held <= m))
        }
        Kind::Case { otherwise: true } => Some(!of.contains(&true)),
        Kind::Case { otherwise: false } => {
            let (own, earlier) = of.split_last()?;
            Some(*own && !earlier.contains(&true))
        }
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
}

/// The project of a folder as of its first block, and its tables.
fn open(folder: &Path) -> (Model, Connection) {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let blocks = rows::blocks(&read("expected.txt"));
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("set threads = 1; set autoload_known_extensions = false")
        .unwrap();
    connection.execute_batch(&read("setup.sql")).unwrap();
    (rows::model(folder, &blocks[0]), connection)
}

fn literal(key: &Value) -> Option<Literal> {
    match key {
        Value::Int(n) => Some(Literal::Int(*n)),
        Value::Text(text) => Some(Literal::String(text.clone())),
        Value::Null | Value::Boolean(_) | Value::Float(_) => None,
    }
}

#[test]
fn the_truth_shown_is_the_builds_and_every_node_follows_from_those_below() {
    for folder in folders() {
        let (model, connection) = open(&folder);
        let plans = ir::lower(&model, &rows::everything(&model));
        let built = rows::run(&connection, &plans[0], &model);
        for n in 0..model.segments.len() as u32 {
            // Rows of every fourth: they are many questions.
            let depth = if n % 4 == 0 {
                Depth::Rows
            } else {
                Depth::Truth
            };
            let question = Question::new(&model, SegmentId(n), depth).unwrap();
            let name = &question.segment().name;
            let flag = format!("seg_{}", name.replace('.', "__"));
            let all = ask(&connection, &question, None);
            assert_eq!(all.len(), built.len());
            for row in &all {
                let answered = question.answered(row);
                let key = text::value(answered.key(), &Type::Int);
                let shown = text::tree(&answered, text::Look::default());
                let at = || format!("{} {name} {key}\n{shown}", folder.display());
                let truth = answered.holds(&question.tree);
                assert_eq!(built[&key][&flag], truth.to_string(), "{}", at());
                let suppressed = built[&key]["suppressed"] == "true";
                assert_eq!(
                    answered.suppressed(),
                    suppressed && question.segment().suppressed
                );
                question.tree.each(&mut |node| {
                    if let Some(expected) = follows(&answered, node) {
                        assert_eq!(answered.holds(node), expected, "{} in {}", node.words, at());
                    }
                });
            }
            if let Some(row) = all.last()
                && let Some(key) = literal(question.answered(row).key())
            {
                let one = ask(&connection, &question, Some(key));
                assert_eq!(one, vec![row.clone()], "{} {name}", folder.display());
            }
        }
    }
}

/// The tree of one entity of `tests/rows/<folder>`.
fn shown(folder: &str, segment: &str, key: i64) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/rows")
        .join(folder);
    let (model, connection) = open(&folder);
    let n = model.segments.iter().position(|s| s.name == segment);
    let question = Question::new(&model, SegmentId(n.unwrap() as u32), Depth::Rows).unwrap();
    let rows = ask(&connection, &question, Some(Literal::Int(key)));
    let answered = question.answered(&rows[0]);
    text::tree(&answered, text::Look::default())
}

#[test]
fn leaves_tell_the_values_and_the_rows_that_decided() {
    let text = [
        shown("conditions", "life.lapsed", 1),
        shown("conditions", "not_bought_w", 3),
        shown("conditions", "gold", 1),
        shown("conditions", "in_some", 3),
        shown("conditions", "at_least_2", 2),
        shown("conditions", "first_buy", 2),
    ]
    .join("\n");
    insta::assert_snapshot!(text);
}
