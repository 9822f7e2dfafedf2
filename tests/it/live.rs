//! Runs statements on a real warehouse by the program's own client, for `tests/warehouses/live`: that needs no library of the vendor's.
//!
//! `SEGC_LIVE_TARGET` is a target of segc.yml as JSON, `SEGC_LIVE_STATEMENTS` a file with a JSON list of statements; what each of them
//! answers goes to `SEGC_LIVE_ANSWERS`.

use segc::diag::Diagnostics;
use segc::dialect::{self, Dialect};
use segc::engine::surroundings::Machine;
use segc::engine::{Engine, EngineError, Value};
use segc::project::target::{self, Place};
use segc::source::SourceMap;
use serde_json::{Value as Json, json};
use std::path::PathBuf;
use std::sync::Arc;

fn named(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set"))
}

fn opened(written: &Json) -> (Box<dyn Engine>, &'static dyn Dialect) {
    let folder = tempfile::tempdir().unwrap();
    let settings = json!({"name": "live", "targets": {"live": written}});
    std::fs::write(folder.path().join("segc.yml"), settings.to_string()).unwrap();
    std::fs::create_dir(folder.path().join("segments")).unwrap();
    let mut diags = Diagnostics::default();
    let (root, mut sources) = (folder.path().to_owned(), SourceMap::default());
    let project = segc::project::load(root, None, &mut sources, &mut diags).unwrap();
    let found = target::resolve(&project.settings, &project.root, None, &mut diags);
    let Some(found) = found else {
        let said: Vec<&str> = diags.iter().map(|d| d.message.as_str()).collect();
        panic!("SEGC_LIVE_TARGET: {}", said.join("; "));
    };
    let Place::Remote(mut remote) = found.place else {
        panic!("SEGC_LIVE_TARGET is no warehouse that is reached over a network");
    };
    remote.run_as(&ulid::Ulid::generate().to_string());
    let session = remote.open(Arc::new(Machine::default())).session().unwrap();
    (session, dialect::find(&found.kind).unwrap())
}

fn value(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(v) => json!(v),
        Value::Int(v) => json!(v.to_string()),
        Value::Float(v) => json!(v.to_string()),
        Value::Text(v) => json!(v),
    }
}

/// Names with segc's types, and rows; of what is no query nothing.
fn answer(engine: &mut dyn Engine, dialect: &dyn Dialect, sql: &str) -> Result<Json, EngineError> {
    let asks = ["select", "with"].iter().any(|word| {
        let start = sql.trim_start().get(..word.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(word)
    });
    if !asks {
        engine.execute(sql)?;
        return Ok(json!({"columns": [], "rows": []}));
    }
    let columns = engine.columns(sql)?;
    let columns = columns.rows.iter().map(|row| match row.as_slice() {
        [Value::Text(name), Value::Text(ty)] => {
            json!([name, dialect.type_of(ty).map(|ty| ty.to_string())])
        }
        _ => Json::Null,
    });
    let columns: Vec<Json> = columns.collect();
    let rows = engine.query(sql)?.rows;
    let rows: Vec<Vec<Json>> = rows
        .iter()
        .map(|row| row.iter().map(value).collect())
        .collect();
    Ok(json!({"columns": columns, "rows": rows}))
}

#[test]
#[ignore = "tests/warehouses/live asks for it, where there is a warehouse"]
fn statements_are_run_on_a_warehouse() {
    let written = serde_json::from_str(&named("SEGC_LIVE_TARGET")).unwrap();
    let (mut engine, dialect) = opened(&written);
    let statements = std::fs::read_to_string(named("SEGC_LIVE_STATEMENTS")).unwrap();
    let statements: Vec<String> = serde_json::from_str(&statements).unwrap();
    let answers = statements.iter().map(|sql| {
        answer(engine.as_mut(), dialect, sql).unwrap_or_else(|e| json!({"error": e.message}))
    });
    let answers = Json::Array(answers.collect());
    std::fs::write(
        PathBuf::from(named("SEGC_LIVE_ANSWERS")),
        answers.to_string(),
    )
    .unwrap();
}
