//! Readers of one text each: YAML, expressions, queries, segc.yml, `--vars`, `--select`, instants and keys.

use super::{Target, seeds, sound};
use crate::cases;
use segc::diag::Diagnostics;
use segc::dialect;
use segc::expr::{Expr, ExprKind, Type};
use segc::project::select::{Wanted, select};
use segc::project::{self, target};
use segc::snippet::{self, Snippet};
use segc::source::{At, FileId, SourceMap, Span, Spanned};
use segc::spec::settings;
use segc::why::key;
use segc::yaml::{self, Node, NodeKind};

const MARKS: &[&str] = &[
    "a",
    "b: 1",
    "- x",
    "key: ",
    "  ",
    "\n    ",
    "'",
    "\"",
    "|",
    ">",
    "&a",
    "*a",
    "{a: 1}",
    "[1, 2]",
    "? x",
    "!!int",
    "%TAG",
    "1e5",
    "0.10",
    "2026-01-31",
    "yes",
    "null",
    "#",
    "<<",
    "\\n",
];

const EXPRESSIONS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "and",
    "or",
    "not",
    "in",
    "between",
    "like",
    "ilike",
    "is",
    "null",
    "true",
    "false",
    "distinct",
    "from",
    "case",
    "when",
    "then",
    "else",
    "end",
    "cast(",
    "try_cast(",
    "as",
    "int",
    "decimal(9,2)",
    "array<int>",
    "+",
    "-",
    "*",
    "/",
    "%",
    "||",
    "=",
    "<>",
    "!=",
    "<",
    "<=",
    ">=",
    "'a'",
    "'2026-01-31'",
    "date '",
    "timestamp '",
    "interval '3' day",
    "filter (where",
    "count(",
    "sum(orders.total)",
    "distinct",
    "country",
    "orders.total",
    "as_of()",
    "today()",
    "var('vip_spend')",
    "age(birth_date)",
    "date_trunc('month',",
    "regexp_matches(",
    "'(a|b)*+?{3}'",
    "json_text(",
    "e'",
    "$$",
    "::",
    "select",
    "with",
    "delete",
    "union",
    "--",
    "/*",
    "*/",
    ";",
    "`",
    "@",
    "?",
    "1",
    "0.5",
    "1e3",
];

/// Runs `check` on inputs that are text.
fn on_text(check: impl Fn(&str)) -> impl Fn(&[u8]) {
    move |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            check(text);
        }
    }
}

#[test]
fn yaml_is_read_or_refused() {
    let files = seeds::yaml_files().into_iter().map(|(_, bytes)| bytes);
    Target {
        name: "yaml",
        test: "fuzz::texts::yaml_is_read_or_refused",
        memory: 1024,
        seeds: &files.collect::<Vec<_>>(),
        words: MARKS,
        cases: 200,
        check: &|bytes| {
            let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
            let file = match yaml::utf8(bytes.to_vec()) {
                Ok(text) => sources.add("a.yml", text),
                Err(bad) => {
                    let file = sources.add("a.yml", bad.text.clone());
                    diags.push(bad.diagnostic(file));
                    file
                }
            };
            let text = sources.get(file).unwrap().text.clone();
            let node = yaml::parse(file, &text, &mut diags);
            places(&node, &text);
            sound::diagnostics(&diags, &sources);
            let tree = seeds::tree(&node);
            // A key before a colon has 1,024 characters at most, quotes included.
            if diags.is_empty() && !seeds::has_long_key(&tree) {
                let again = seeds::write(&tree);
                assert_eq!(seeds::read(&again), Some(tree), "{again:?}");
            }
        },
    }
    .run();
}

/// Every node, and every character of a text, lies in the file.
fn places(node: &Node, text: &str) {
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        let range = node.span.start as usize..node.span.end as usize;
        assert!(text.get(range).is_some(), "{node:?}");
        match &node.kind {
            NodeKind::String(s) => {
                for (at, c) in s.char_indices() {
                    let span = node.sub_span(at, at + c.len_utf8());
                    assert!(text.get(span.start as usize..).is_some(), "{s:?} {at}");
                }
            }
            NodeKind::List(items) => nodes.extend(items),
            NodeKind::Map(entries) => nodes.extend(entries.iter().map(|(_, n)| n)),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) => {}
        }
    }
}

/// A snippet that is all of its file.
fn written(text: &str) -> (Snippet, SourceMap) {
    let mut sources = SourceMap::default();
    let file = sources.add("a.yml", text);
    let span = Span::new(file, 0, text.len());
    let snippet = Snippet {
        text: Spanned::new(text.to_owned(), span),
        map: vec![(0, 0)],
    };
    (snippet, sources)
}

#[test]
fn expressions_are_read_or_refused() {
    Target {
        name: "expressions",
        test: "fuzz::texts::expressions_are_read_or_refused",
        memory: 1024,
        seeds: &seeds::texts(),
        words: EXPRESSIONS,
        cases: 150,
        check: &on_text(|text| {
            let (snippet, sources) = written(text);
            let read: &[&dyn Fn(&mut Diagnostics) -> bool] = &[
                &|diags| snippet::parse(&snippet, diags).is_some(),
                &|diags| snippet::parse_tail(&snippet, diags).is_some(),
                &|diags| snippet::check_query(&snippet, diags),
                &|diags| snippet::parse_native(&snippet, "duckdb", diags).is_some(),
                &|diags| snippet::parse_native(&snippet, "bigquery", diags).is_some(),
                &|diags| snippet::parse_native(&snippet, "snowflake", diags).is_some(),
                &|diags| {
                    let five = |_: &str| Some("5".to_owned());
                    snippet::insert(&snippet, &five, diags).is_some()
                },
            ];
            for (n, read) in read.iter().enumerate() {
                let mut diags = Diagnostics::default();
                let taken = read(&mut diags);
                assert_eq!(taken, !diags.has_errors(), "reader {n} {diags:?}");
                sound::diagnostics(&diags, &sources);
            }
        }),
    }
    .run();
}

#[test]
fn settings_are_read_or_refused() {
    Target {
        name: "settings",
        test: "fuzz::texts::settings_are_read_or_refused",
        memory: 1024,
        seeds: &seeds::settings(),
        words: &[
            "name: ",
            "version: 1",
            "spec_paths: [",
            "test_paths: [",
            "time_zone: ",
            "America/New_York",
            "week_start: ",
            "sunday",
            "as_of: ",
            "today",
            "targets:\n",
            "  dev: {type: duckdb, path: a.duckdb}",
            "type: ",
            "bigquery",
            "threads: ",
            "memory_limit: ",
            "lock_timeout: ",
            "default_target: ",
            "vars: {",
            "outputs: {schema: ",
            "history: ",
            "prefix: ",
            "lints: {",
            "lapsed",
            "deny",
            "guards: {",
            "max_change: 30%",
            "dbt: {",
            "{{ env_var('X', 'y') }}",
        ],
        cases: 300,
        check: &on_text(|text| {
            let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
            let file = sources.add("segc.yml", text);
            let node = yaml::parse(file, text, &mut diags);
            let env = |name: &str| (name.len() < 4).then(|| "a\u{202e}: {b".to_owned());
            let read = settings::read(&node, &env, &mut diags);
            assert!(read.is_some() || diags.has_errors(), "refused in silence");
            if let Some(read) = read {
                target::resolve(&read, std::path::Path::new(""), None, &mut diags);
                project::check_vars(&read, &mut diags);
                let now = "2026-01-31T15:00:00Z".parse().unwrap();
                let at = project::as_of(&read, None, now, &mut sources, &mut diags);
                assert!(
                    at.is_some() || diags.has_errors(),
                    "no instant, and no word"
                );
            }
            sound::diagnostics(&diags, &sources);
        }),
    }
    .run();
}

#[test]
fn vars_are_read_or_refused() {
    let settings = "name: a\nversion: 1\nvars: {a: 1, b: x, c: [1, 2.5], d: true, e: null}\n";
    let node = yaml::parse(FileId(0), settings, &mut Diagnostics::default());
    let settings = settings::read(&node, &|_| None, &mut Diagnostics::default()).unwrap();
    let flags = [
        "{a: 5}",
        "{b: 'it''s'}",
        "a: 5",
        "{c: [a, b], d: false}",
        "{e: 1.50, a: -7}",
        "{x: 1}",
        "{\"b\": \"\\u00e9\"}",
        "{c: [1, 2.55, 3e2], a: 99999999999999999999}",
    ];
    Target {
        name: "vars",
        test: "fuzz::texts::vars_are_read_or_refused",
        memory: 1024,
        seeds: &flags.map(|f| f.as_bytes().to_vec()),
        words: &[
            "a", "b", "c", "d", "e", ":", "{", "}", "[", "]", ",", "1", "2.5", "x", "'", "\"",
        ],
        cases: 500,
        check: &on_text(|text| {
            let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
            sources.add("segc.yml", "");
            let file = sources.add("--vars", text);
            let mut settings = settings.clone();
            settings::override_vars(&mut settings, file, text, &mut diags);
            project::check_vars(&settings, &mut diags);
            let literals = project::vars(&settings);
            assert!(literals.len() == 5 || diags.has_errors(), "a var is gone");
            for (_, value, ty) in &literals {
                let expr: Expr<()> = Expr {
                    kind: ExprKind::Literal(value.clone()),
                    ty: ty.clone(),
                    at: At(Span::new(file, 0, 0)),
                };
                let _ = expr.render(&|()| String::new());
            }
            sound::diagnostics(&diags, &sources);
        }),
    }
    .run();
}

#[test]
fn selectors_are_read_or_refused() {
    let folder = cases::lay_out("ok_group_and_references");
    let case = cases::read(folder.path());
    let model = case.model.unwrap();
    let segments: Vec<&str> = model.segments.iter().map(|s| s.name.as_str()).collect();
    let mut words = vec![
        "+",
        ",",
        " ",
        "tag:",
        "path:",
        "owner:",
        "state:modified",
        ":",
        ".",
        "*",
        "@",
        "segments/",
        "./",
        "crm",
        "2+",
    ];
    words.extend(&segments);
    let mut flags: Vec<Vec<u8>> = segments.iter().map(|s| s.as_bytes().to_vec()).collect();
    flags.extend(
        [
            "+a,b+ c",
            "tag:crm path:segments",
            "path:segments/shop.yml,owner:crm",
            "+lifecycle.new+",
        ]
        .map(|f| f.as_bytes().to_vec()),
    );
    Target {
        name: "selectors",
        test: "fuzz::texts::selectors_are_read_or_refused",
        memory: 1024,
        seeds: &flags,
        words: &words,
        cases: 500,
        check: &on_text(|text| {
            let (mut sources, mut diags) = (case.sources.clone(), Diagnostics::default());
            let wanted = Wanted {
                select: vec![text.to_owned()],
                exclude: vec![text.chars().rev().collect()],
            };
            let selection = select(&wanted, &model, &mut sources, &mut diags);
            assert!(selection.segments.len() <= model.segments.len());
            sound::diagnostics(&diags, &sources);
        }),
    }
    .run();
}

#[test]
fn instants_keys_and_types_are_read_or_refused() {
    let texts = [
        "2026-01-31",
        "2026-01-31 09:00",
        "2026-01-31T09:00:30.5Z",
        "2026-03-08 02:30",
        "2026-11-01 01:30+02:00",
        "now",
        "today",
        "-7",
        "12.50",
        "true",
        "c7",
        "DECIMAL(10,2)",
        "VARCHAR[]",
        "TIMESTAMP WITH TIME ZONE",
        "STRUCT(a INTEGER)[3]",
        "1e300",
    ];
    let settings = "name: a\nversion: 1\ntime_zone: America/New_York\n";
    let node = yaml::parse(FileId(0), settings, &mut Diagnostics::default());
    let settings = settings::read(&node, &|_| None, &mut Diagnostics::default()).unwrap();
    let zone = settings::zone("America/New_York").unwrap();
    Target {
        name: "instants",
        test: "fuzz::texts::instants_keys_and_types_are_read_or_refused",
        memory: 1024,
        seeds: &texts.map(|t| t.as_bytes().to_vec()),
        words: &[
            "0", "1", "9999", "-", ":", "T", "Z", "+", " ", ".", "02", "31", "24", "60", "(", ")",
            "[", "]", ",", "ENUM(",
        ],
        cases: 500,
        check: &on_text(|text| {
            let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
            sources.add("segc.yml", "");
            let now = "2026-01-31T15:00:00Z".parse().unwrap();
            let at = project::as_of(&settings, Some(text), now, &mut sources, &mut diags);
            assert_eq!(at.is_some(), !diags.has_errors());
            sound::diagnostics(&diags, &sources);
            for ty in [
                Type::Int,
                Type::Float,
                Type::Date,
                Type::Timestamp,
                Type::Datetime,
                Type::Boolean,
            ] {
                let _ = key::read(text, &ty, &zone);
            }
            for (precision, scale) in [(9, 2), (38, 0), (38, 38)] {
                let _ = key::read(text, &Type::Decimal { precision, scale }, &zone);
            }
            for dialect in dialect::ALL {
                let _ = (dialect.type_of(text), dialect.is_record(text));
            }
        }),
    }
    .run();
}
