//! What is written is in the closed list of each warehouse: every call of every statement of the row cases, of the hand-worked
//! functions and of random projects; and what a warehouse refuses whatever it computes: two columns of one name, long statements, on
//! BigQuery outer joins without an equality.

use super::allowed::allowed;
use super::statements::{SIZE, row_cases};
use crate::functions;
use crate::random::Dice;
use crate::random::case::Case;
use crate::rows::everything;
use segc::diag::Diagnostics;
use segc::dialect::Dialect;
use segc::emit;
use segc::ir;
use segc::model::Model;
use sqlparser::dialect::{BigQueryDialect, DuckDbDialect, SnowflakeDialect};
use sqlparser::tokenizer::{Token, Tokenizer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Bytes of a statement: BigQuery takes a megabyte. <https://cloud.google.com/bigquery/quotas#query_jobs>
const LONGEST: usize = 900_000;

/// Random projects that are looked at.
const PROJECTS: u64 = 60;

/// Words before a parenthesis that call nothing.
const PLAIN: &[&str] = &[
    "all", "and", "as", "between", "by", "else", "escape", "exists", "filter", "from", "group",
    "in", "interval", "is", "join", "like", "not", "on", "options", "or", "over", "select", "then",
    "union", // The alias of a list of values.
    "v", "values", "when", "where", "with",
];

fn tokens(dialect: &str, sql: &str) -> Vec<Token> {
    let tokens = match dialect {
        "bigquery" => Tokenizer::new(&BigQueryDialect {}, sql).tokenize(),
        "snowflake" => Tokenizer::new(&SnowflakeDialect {}, sql).tokenize(),
        _ => Tokenizer::new(&DuckDbDialect {}, sql).tokenize(),
    };
    let mut tokens = tokens.unwrap_or_else(|e| panic!("{e}\n{sql}"));
    tokens.retain(|t| !matches!(t, Token::Whitespace(_)));
    tokens
}

/// How many arguments there are between a parenthesis and the one that closes it.
fn arguments(after: &[Token]) -> usize {
    let (mut depth, mut commas) = (0, 0);
    for token in after {
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen if depth == 0 => break,
            Token::RParen | Token::RBracket | Token::RBrace => depth -= 1,
            Token::Comma if depth == 0 => commas += 1,
            _ => {}
        }
    }
    match after.first() {
        Some(Token::RParen) => 0,
        _ => commas + 1,
    }
}

/// Every function that a statement calls, and with how many arguments.
fn calls(dialect: &str, sql: &str) -> BTreeSet<(String, usize)> {
    let tokens = tokens(dialect, sql);
    let mut found = BTreeSet::new();
    for (n, pair) in tokens.windows(2).enumerate() {
        if let [Token::Word(word), Token::LParen] = pair
            && word.quote_style.is_none()
        {
            let name = word.value.to_lowercase();
            // `* replace (…)` of a SELECT.
            if n > 0 && tokens[n - 1] == Token::Mul {
                continue;
            }
            if !PLAIN.contains(&name.as_str()) {
                found.insert((name, arguments(&tokens[n + 2..])));
            }
        }
    }
    found
}

/// Whether sets are put together by anything but `union all`, which alone is written alike everywhere.
fn bare(dialect: &str, sql: &str) -> bool {
    let tokens = tokens(dialect, sql);
    let word = |token: &Token| match token {
        Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
        _ => String::new(),
    };
    tokens.windows(2).any(|pair| match word(&pair[0]).as_str() {
        "union" => word(&pair[1]) != "all",
        "intersect" | "except" => true,
        _ => false,
    })
}

/// What is wrong with what a dialect writes for a model.
fn look(name: &str, model: &Model, dialect: &dyn Dialect, wrong: &mut BTreeSet<String>) {
    let list = allowed(dialect.name()).expect("every dialect has its list");
    for plan in ir::lower(model, &everything(model)) {
        for plan in [
            ir::optimize(plan.clone(), model, &dialect.costs(), &mut |_, _| {}),
            plan,
        ] {
            let mut diags = Diagnostics::default();
            let query = emit::query(&plan, model, dialect, &mut diags);
            let checks = emit::checks(&plan, model, dialect, &mut diags);
            if diags.has_errors() {
                continue;
            }
            let mut names = BTreeSet::new();
            for column in &query.columns {
                if !names.insert(column.name.to_lowercase()) {
                    wrong.insert(format!(
                        "{name}, {}: two columns `{}`",
                        dialect.name(),
                        column.name
                    ));
                }
            }
            for sql in std::iter::once(&query.sql).chain(checks.iter().map(|c| &c.sql)) {
                if sql.len() > LONGEST {
                    wrong.insert(format!("{name}, {}: {} bytes", dialect.name(), sql.len()));
                }
                if bare(dialect.name(), sql) {
                    wrong.insert(format!(
                        "{name}, {}: a set operation that is no `union all`",
                        dialect.name()
                    ));
                }
                for (call, count) in calls(dialect.name(), sql) {
                    let known = list.iter().any(|(known, least, most, _)| {
                        *known == call && (*least..=*most).contains(&count)
                    });
                    if !known {
                        wrong.insert(format!(
                            "{}: {call} of {count} arguments, in {name}",
                            dialect.name()
                        ));
                    }
                }
                // "LEFT OUTER JOIN cannot be used without a condition that is an equality of fields from both sides of the join."
                let unequal = sql
                    .lines()
                    .filter(|line| {
                        line.trim_start().starts_with("left join") && line.contains(" on ")
                    })
                    .find(|line| !line.contains(" = ") && !line.ends_with(" on"));
                if let Some(line) = unequal.filter(|_| dialect.name() == "bigquery") {
                    wrong.insert(format!("{name}: {line}"));
                }
            }
        }
    }
}

fn nothing_wrong(models: impl Iterator<Item = (String, Model)>) {
    let (mut wrong, mut count) = (BTreeSet::new(), 0);
    for (name, model) in models {
        count += 1;
        for dialect in segc::dialect::ALL {
            look(&name, &model, *dialect, &mut wrong);
        }
    }
    assert!(count > 0);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_row_cases_call_what_is_allowed() {
    nothing_wrong(row_cases().map(|(name, _, model)| (name, model)));
}

#[test]
fn the_functions_call_what_is_allowed() {
    nothing_wrong(
        functions::one_by_one().map(|(names, case)| (names.join(", "), case.read().unwrap().model)),
    );
}

#[test]
fn random_projects_call_what_is_allowed() {
    nothing_wrong((1..=PROJECTS).filter_map(|seed| {
        let read = Case::new(&mut Dice::new(seed), SIZE).read().ok()?;
        Some((format!("project {seed}"), read.model))
    }));
}

/// A call that is not in the list would be found.
#[test]
fn calls_are_found() {
    let sql = "with a as (select f(x, g(), [1, 2]), \"h\"(1) from t) -- k(1)\nselect count(*) filter (where x in (1)), 'l(1)' from a";
    let found: Vec<(String, usize)> = calls("duckdb", sql).into_iter().collect();
    let expected = [("count", 1), ("f", 3), ("g", 0)].map(|(name, count)| (name.to_owned(), count));
    assert_eq!(found, expected);
}

#[test]
fn the_lists_are_sets_of_names_with_pages() {
    for dialect in segc::dialect::ALL {
        let list = allowed(dialect.name()).unwrap();
        let names: BTreeSet<&str> = list.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), list.len(), "{}", dialect.name());
        assert!(
            list.iter()
                .all(|(_, least, most, page)| least <= most && !page.is_empty())
        );
    }
}

/// The templates that a dialect's publications are made of, without what is filled in.
fn templates(dialect: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let read = |folder: &Path| -> BTreeMap<String, String> {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files
            .filter(|file| file.path().extension().is_some_and(|e| e == "sql"))
            .map(|file| {
                let name = file.file_name().to_string_lossy().into_owned();
                (name, std::fs::read_to_string(file.path()).unwrap())
            })
            .collect()
    };
    let mut all = read(&root);
    all.extend(read(&root.join(dialect)));
    all.into_iter()
        .map(|(name, text)| {
            let mut text = text.replace("{{", "`").replace("}}", "`");
            for (open, close) in [("{#", "#}"), ("{%", "%}")] {
                while let Some(at) = text.find(open) {
                    let end = text[at..].find(close).unwrap() + at + close.len();
                    text.replace_range(at..end, "");
                }
            }
            (name, text)
        })
        .collect()
}

#[test]
fn what_publishes_calls_what_is_allowed() {
    let mut wrong = BTreeSet::new();
    for dialect in segc::dialect::ALL {
        let list = allowed(dialect.name()).unwrap();
        for (name, text) in templates(dialect.name()) {
            // What is filled in stands in the quotes of BigQuery.
            for (call, count) in calls("bigquery", &text) {
                let known = list.iter().any(|(known, least, most, _)| {
                    *known == call && (*least..=*most).contains(&count)
                });
                if !known {
                    wrong.insert(format!("{}/{name}: {call} of {count}", dialect.name()));
                }
            }
            if bare("bigquery", &text) {
                wrong.insert(format!("{}/{name}: a bare union", dialect.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
