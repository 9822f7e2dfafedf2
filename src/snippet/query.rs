//! `{sql: …}` sources: is the text one query that changes nothing? Its inside is the warehouse's own SQL and stays as it is.

use super::native::words::VOLATILE;
use super::{Snippet, effects, tokens};
use crate::diag::codes::expr::{NOT_ONE_QUERY, TEMPLATE};
use crate::diag::{Code, Diagnostic, Diagnostics};
use sqlparser::ast::{
    Expr, Function, FunctionArguments, Query, SetExpr, Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::{Dialect, GenericDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};
use std::any::TypeId;
use std::ops::ControlFlow;

/// Trees of long chains are deep, and sqlparser's drop them by recursion.
const STACK: usize = 256 * 1024 * 1024;
/// sqlparser tries some constructs twice per parenthesis, so depth costs time.
const MAX_NESTING: usize = 40;

pub(super) fn check(snippet: &Snippet, diags: &mut Diagnostics) -> bool {
    if !tokens::fits(snippet, diags) {
        return false;
    }
    let text = snippet.text.value.as_str();
    if let Some(at) = text.find("{{").or_else(|| text.find("{%")) {
        diags.push(
            Diagnostic::error(&TEMPLATE, "a template expression in a comment or a name")
                .at(
                    snippet.span(at, at + 2),
                    "the query goes to the warehouse as it is written here",
                )
                .help("`{{ var('x') }}` is a value: put it where a literal may stand"),
        );
        return false;
    }
    let read = on_a_large_stack(|| one_query(text));
    or_say(read, snippet, &NOT_ONE_QUERY, diags).is_some()
}

/// The files that the query reads.
pub(super) fn files(snippet: &Snippet) -> Vec<String> {
    let text = snippet.text.value.as_str();
    match on_a_large_stack(|| one_query(text)) {
        Some(Ok(files)) => files,
        Some(Err(_)) | None => Vec::new(),
    }
}

/// What was read, or a diagnostic of what is wrong with the text; `None` of a reading that its recursion ended.
pub(super) fn or_say<T>(
    read: Option<Result<T, Wrong>>,
    snippet: &Snippet,
    code: &'static Code,
    diags: &mut Diagnostics,
) -> Option<T> {
    let wrong = match read {
        Some(Ok(read)) => return Some(read),
        Some(Err(wrong)) => wrong,
        None => Wrong {
            what: "this is nested too deep to be read".to_owned(),
            at: None,
            hint: "make it shorter",
        },
    };
    let span = match wrong.at {
        Some((start, end)) => snippet.span(start, end),
        None => snippet.whole(),
    };
    diags.push(
        Diagnostic::error(code, code.title)
            .at(span, wrong.what)
            .help(wrong.hint),
    );
    None
}

/// Runs sqlparser where its recursion has room; None if that failed all the same.
pub(super) fn on_a_large_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, run)
            .ok()
            .and_then(|thread| thread.join().ok())
    })
}

pub(super) struct Wrong {
    pub(super) what: String,
    /// Bytes of the text; None is the whole.
    pub(super) at: Option<(usize, usize)>,
    pub(super) hint: &'static str,
}

const ONE_SELECT: &str = "write one `select`, with CTEs if you like";

/// The generic dialect with `\'` inside strings: the warehouses differ there, and a text must be one query whichever way
/// it is read.
#[derive(Debug)]
struct Backslashes;

impl Dialect for Backslashes {
    fn dialect(&self) -> TypeId {
        TypeId::of::<GenericDialect>()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        GenericDialect.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        GenericDialect.is_identifier_part(ch)
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }
}

/// The names of the files that it reads.
fn one_query(text: &str) -> Result<Vec<String>, Wrong> {
    balanced(text, &GenericDialect)?;
    balanced(text, &Backslashes)?;
    let statements = Parser::parse_sql(&GenericDialect, text).map_err(|error| {
        let message = error.to_string();
        let message = message
            .strip_prefix("sql parser error: ")
            .unwrap_or(&message);
        let (words, at) = split_location(message, text);
        Wrong {
            what: words,
            at,
            hint: ONE_SELECT,
        }
    })?;
    let [Statement::Query(query)] = statements.as_slice() else {
        let what = if statements.is_empty() {
            "there is no query"
        } else {
            "this statement is not a query"
        };
        return Err(Wrong {
            what: what.to_owned(),
            at: None,
            hint: ONE_SELECT,
        });
    };
    let mut walk = Walk { files: Vec::new() };
    match query.visit(&mut walk) {
        ControlFlow::Break(what) => Err(Wrong {
            what,
            at: None,
            hint: ONE_SELECT,
        }),
        ControlFlow::Continue(()) => Ok(walk.files),
    }
}

/// No semicolon, and parentheses that close what they open.
pub(super) fn balanced(text: &str, dialect: &dyn Dialect) -> Result<(), Wrong> {
    let tokens = Tokenizer::new(dialect, text)
        .tokenize_with_location()
        .map_err(|error| Wrong {
            what: error.message.clone(),
            at: offset(text, error.location.line, error.location.column).map(|at| (at, at)),
            hint: "close the string, name or comment",
        })?;
    let mut open = 0usize;
    for token in &tokens {
        let start = token.span.start;
        let at = || offset(text, start.line, start.column).map(|at| (at, at + 1));
        if is_ambiguous(&token.token) {
            return Err(Wrong {
                what: "warehouses do not agree where this comment ends".to_owned(),
                at: at(),
                hint: "write `-- …` on a line of its own",
            });
        }
        if token.token == Token::SemiColon {
            return Err(Wrong {
                what: "a semicolon ends a statement, and the query becomes a part of one"
                    .to_owned(),
                at: at(),
                hint: "take everything from the `;` on away",
            });
        } else if token.token == Token::LParen {
            open += 1;
            if open > MAX_NESTING {
                return Err(Wrong {
                    what: format!("parentheses more than {MAX_NESTING} deep"),
                    at: at(),
                    hint: "use CTEs, or a view in the warehouse",
                });
            }
        } else if token.token == Token::RParen {
            open = open.checked_sub(1).ok_or_else(|| Wrong {
                what: "this parenthesis was never opened".to_owned(),
                at: at(),
                hint: "take it away",
            })?;
        }
    }
    if open > 0 {
        return Err(Wrong {
            what: "a parenthesis is not closed".to_owned(),
            at: None,
            hint: "add the closing `)`",
        });
    }
    Ok(())
}

/// sqlparser's `… at Line: 1, Column: 5` as words and a place.
pub(super) fn split_location(message: &str, text: &str) -> (String, Option<(usize, usize)>) {
    let Some((words, place)) = message.split_once(" at Line: ") else {
        return (message.to_owned(), None);
    };
    let at = place.split_once(", Column: ").and_then(|(line, column)| {
        let column = column.split(|c: char| !c.is_ascii_digit()).next()?;
        offset(text, line.parse().ok()?, column.parse().ok()?)
    });
    (words.to_owned(), at.map(|at| (at, at + 1)))
}

/// The byte at a line and a column, both from 1.
pub(super) fn offset(text: &str, line: u64, column: u64) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let skip = usize::try_from(column).ok()?.checked_sub(1)?;
    let rest = text.get(start..)?;
    Some(start + rest.char_indices().nth(skip).map_or(rest.len(), |(i, _)| i))
}

/// Comments in comments, and lines that end for some.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "of a hundred tokens, two are comments"
)]
fn is_ambiguous(token: &Token) -> bool {
    match token {
        Token::Whitespace(Whitespace::MultiLineComment(text)) => text.contains("/*"),
        Token::Whitespace(Whitespace::SingleLineComment { comment, .. }) => comment
            .trim_end()
            .contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']),
        _ => false,
    }
}

const CHANGES: &str = "a statement that changes data stands inside the query";

struct Walk {
    files: Vec<String>,
}

impl Visitor for Walk {
    type Break = String;

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<String> {
        ControlFlow::Break(CHANGES.to_owned())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if !query.locks.is_empty() {
            return ControlFlow::Break("`for update` locks rows".to_owned());
        }
        match body(&query.body) {
            Some(what) => ControlFlow::Break(what.to_owned()),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
        match effects::table(factor, &mut self.files) {
            Some(what) => ControlFlow::Break(what),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        let Expr::Function(call) = expr else {
            return ControlFlow::Continue(());
        };
        match called(call) {
            Some(what) => ControlFlow::Break(what),
            None => ControlFlow::Continue(()),
        }
    }
}

/// Why a query may not call this.
fn called(call: &Function) -> Option<String> {
    let name = effects::last(&call.name);
    let one = matches!(&call.args, FunctionArguments::List(list) if list.args.len() == 1);
    if VOLATILE.contains(&name.as_str()) || (name == "age" && one) {
        return Some(format!(
            "`{name}` is not the same every time, and a build asks as of one instant"
        ));
    }
    effects::function(&name)
}

/// `select … into` and statements in the place of a select.
fn body(part: &SetExpr) -> Option<&'static str> {
    match part {
        SetExpr::Select(select) if select.into.is_some() => Some("`select … into` makes a table"),
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
            Some(CHANGES)
        }
        SetExpr::SetOperation { left, right, .. } => body(left).or_else(|| body(right)),
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{one, snippet};
    use super::*;

    #[test]
    fn a_source_is_one_query_that_changes_nothing() {
        let verdict = |text: &str| {
            let mut diags = Diagnostics::default();
            let good = check(&snippet(text), &mut diags);
            assert_eq!(good, diags.is_empty(), "{text}: {diags:?}");
            if good {
                String::new()
            } else {
                one(text, &diags).2
            }
        };
        for good in [
            "select 1 as a",
            "with x as (select * from t where a in (select b from u)) select * from x union all select * from x -- done",
            "(select a from t) order by a limit 3",
            "values (1), (2)",
            "select ';' as a, 'it''s' as b from \"t;\"",
            "select row_number() over (partition by a order by b) as n from t qualify n = 1",
            "select * from `p.d.t` where json_value(x, '$.a') = 'b'",
            "select '\\d+' as pattern",
            "select a, unnest(b) as c from read_parquet('data/x.parquet') where d = 1",
            "select * from read_csv('data/x.csv', header = true) as x, unnest(x.tags) as t(tag)",
            "select n from generate_series(1, 10) as g(n)",
            "select * from raw.json join \"My Table\" using (a)",
        ] {
            assert_eq!(verdict(good), "", "{good}");
        }
        for (bad, why) in [
            ("select 1; drop table x", "semicolon"),
            ("select 1;", "semicolon"),
            ("drop table x", "not a query"),
            ("insert into x select 1", "not a query"),
            (
                "with x as (delete from t returning *) select * from x",
                "changes data",
            ),
            (
                "with x as (insert into t values (1) returning *) select * from x",
                "changes data",
            ),
            (
                "select * from (with y as (update t set a = 1 returning *) select * from y) z",
                "changes data",
            ),
            ("select * from '/etc/passwd'", "no name of a table"),
            ("select * from '../x.parquet'", "no name of a table"),
            ("select * from \"s3://b/x.parquet\"", "no name of a table"),
            ("select * from \"people.csv\"", "no name of a table"),
            (
                "select * from read_csv('/etc/passwd')",
                "inside the project",
            ),
            (
                "select * from read_csv('data/../../x.csv')",
                "inside the project",
            ),
            (
                "select * from read_parquet('s3://b/x.parquet')",
                "inside the project",
            ),
            (
                "select * from read_parquet('data/*.parquet')",
                "inside the project",
            ),
            (
                "select * from read_csv(['a.csv', 'b.csv'])",
                "constant name",
            ),
            (
                "select * from read_csv(concat('/etc', '/passwd'))",
                "constant name",
            ),
            ("select * from read_csv()", "constant name"),
            ("select * from read_text('a.csv')", "none of the functions"),
            ("select * from read_blob('a.csv')", "none of the functions"),
            ("select * from glob('*')", "none of the functions"),
            ("select * from sniff_csv('a.csv')", "none of the functions"),
            (
                "select * from t where a in (select content from read_text('/etc/passwd'))",
                "none of the functions",
            ),
            ("select * from query('select 1')", "none of the functions"),
            ("select * from query_table('t')", "none of the functions"),
            (
                "select * from enable_logging('x', storage = 'file')",
                "none of the functions",
            ),
            ("select * from duckdb_secrets()", "none of the functions"),
            ("select * from duckdb_settings()", "none of the functions"),
            (
                "select * from pragma_table_info('t')",
                "none of the functions",
            ),
            (
                "select * from external_query('c', 'select 1')",
                "none of the functions",
            ),
            (
                "select * from table(result_scan(last_query_id()))",
                "none of the functions",
            ),
            ("select nextval('s') as n", "every time"),
            (
                "select a, (select max(nextval('s')) from t) as b from t",
                "every time",
            ),
            ("select getenv('HOME') as a", "every time"),
            ("select write_log(a) from t", "every time"),
            ("select system$cancel_all_queries(1) as a", "does more"),
            ("select error(email) as a from t", "does more"),
            ("select a from t where b < now()", "every time"),
            ("select a from t where b < current_date", "every time"),
            ("select random() as a", "every time"),
            ("select 1 /* a /* b */ as c */", "comment"),
            ("select 1 -- a\r) as x", "comment"),
            ("copy t to 'x.csv'", "not a query"),
            ("attach 'x.db'", ""),
            ("pragma database_list", "not a query"),
            ("set memory_limit = '1GB'", "not a query"),
            ("call enable_logging()", "not a query"),
            ("explain select 1", "not a query"),
            ("begin", "not a query"),
            ("commit", "not a query"),
            ("create table x as select 1", "not a query"),
            ("create macro f(a) as a", ""),
            ("prepare p as delete from t", "not a query"),
            ("install httpfs", ""),
            ("load httpfs", ""),
            ("truncate t", "not a query"),
            (
                "merge into t using u on t.a = u.a when matched then delete",
                "not a query",
            ),
            ("with x as (select 1) delete from t", "changes data"),
            ("select * from (delete from t returning *) x", ""),
            ("select 1 into x", "into"),
            ("select 1 union select 2 into x", "into"),
            ("select * from t for update", "locks"),
            ("select 1) as x, (select 2", "never opened"),
            ("select '\\' ; drop table x; --'", "semicolon"),
            ("", "no query"),
            ("select", ""),
            ("select 'a", ""),
            ("select {{ var('x') }}", "warehouse"),
        ] {
            let found = verdict(bad);
            assert!(!found.is_empty() && found.contains(why), "{bad}: {found}");
        }
        let mut files = files(&snippet(
            "select * from read_parquet('a/b.parquet') where c in (select d from read_csv('e.csv'))",
        ));
        files.sort();
        assert_eq!(files, ["a/b.parquet", "e.csv"]);
        let deep = format!("select {}1{}", "(".repeat(10_000), ")".repeat(10_000));
        assert!(verdict(&deep).contains("deep"));
        verdict(&format!("select {}1{}", "(".repeat(39), ")".repeat(39)));
        verdict(&format!(
            "select * from {}t{}",
            "(".repeat(39),
            ")".repeat(39)
        ));
        assert_eq!(verdict(&format!("select 1{}", " + 1".repeat(15_000))), "");
        assert_eq!(
            verdict(&format!("select 1{}", " union all select 1".repeat(3_000))),
            ""
        );
        verdict(&"x".repeat(2_000_000));
    }
}
