//! What expressions come to, and what is refused. Columns of the test scope are named by their types.

mod functions;
mod moments;

use super::*;
use crate::diag::Severity;
use crate::diag::codes::expr::UNKNOWN_COLUMN;
use crate::snippet::{Snippet, parse, parse_tail};
use crate::source::FileId;

const COLUMNS: &[(&str, &str)] = &[
    ("flag", "boolean"),
    ("n", "int"),
    ("m", "int"),
    ("f", "float"),
    ("total", "decimal(10,2)"),
    ("rate", "decimal(5,4)"),
    ("s", "string"),
    ("country", "string"),
    ("d", "date"),
    ("ts", "timestamp"),
    ("ts2", "timestamp"),
    ("dt", "datetime"),
    ("j", "json"),
    ("tags", "array<string>"),
];

struct Columns {
    zone: Option<TimeZone>,
}

impl Scope for Columns {
    type Col = String;

    fn name(
        &mut self,
        path: &[Spanned<String>],
        span: Span,
        diags: &mut Diagnostics,
    ) -> Option<Expr<String>> {
        let name = path.last()?.value.clone();
        let Some((_, ty)) = COLUMNS.iter().find(|(n, _)| *n == name) else {
            diags.push(
                Diagnostic::error(&UNKNOWN_COLUMN, "unknown")
                    .at(span, "")
                    .help(""),
            );
            return None;
        };
        Some(Expr::new(ExprKind::Column(name), parse_type(ty)?, At(span)))
    }

    fn aggregate(
        &mut self,
        call: &AggregateCall<'_>,
        ctx: &Context,
        diags: &mut Diagnostics,
    ) -> Option<Expr<String>> {
        let name = format!(
            "{}/{}",
            call.function.value.name(),
            call.args.len() + usize::from(call.star)
        );
        if let Some(filter) = call.filter {
            check(filter, self, ctx, diags)?;
        }
        Some(Expr::new(ExprKind::Column(name), Type::Int, At(call.span)))
    }

    fn zone<'a>(&'a self, ctx: &'a Context) -> &'a TimeZone {
        self.zone.as_ref().unwrap_or(&ctx.time_zone)
    }

    fn clock(&self, _: &String, ctx: &Context) -> Clock {
        Clock::Of(self.zone(ctx).clone())
    }
}

fn context() -> Context {
    let time_zone = TimeZone::get("America/New_York").unwrap();
    let text = |t: &str| Literal::String(t.to_owned());
    let strings = Type::Array(Box::new(Type::String));
    Context {
        as_of: "2026-01-31T14:00:00Z".parse().unwrap(), // nine o'clock
        time_zone,
        week_start: WeekStart::Monday,
        vars: vec![
            ("vip_spend".to_owned(), Literal::Int(500), Type::Int),
            ("home".to_owned(), text("US"), Type::String),
            (
                "near".to_owned(),
                Literal::Array(vec![text("US"), text("CA")]),
                strings.clone(),
            ),
            ("none".to_owned(), Literal::Array(vec![]), strings),
        ],
    }
}

fn run(text: &str, scope: &mut Columns, ctx: &Context) -> (Option<Expr<String>>, Diagnostics) {
    let snippet = Snippet {
        text: Spanned::new(text.to_owned(), Span::new(FileId(0), 0, text.len())),
        map: vec![(0, 0)],
    };
    let mut diags = Diagnostics::default();
    let ast = parse(&snippet, &mut diags);
    let expr = ast.and_then(|ast| check(&ast, scope, ctx, &mut diags));
    (expr, diags)
}

fn typed_in(text: &str, scope: &mut Columns, ctx: &Context) -> String {
    let (expr, diags) = run(text, scope, ctx);
    assert!(!diags.has_errors(), "{text}: {diags:?}");
    let expr = expr.unwrap_or_else(|| panic!("{text}"));
    format!("{} :: {}", expr.render(&|c| c.clone()), expr.ty)
}

fn typed(text: &str) -> String {
    typed_in(text, &mut Columns { zone: None }, &context())
}

/// The code, the text marked, and message, label and hint of the one diagnostic.
fn refused(text: &str) -> (&'static str, String, String) {
    let (expr, diags) = run(text, &mut Columns { zone: None }, &context());
    assert!(expr.is_none(), "{text} is taken");
    let list: Vec<_> = diags.iter().collect();
    assert_eq!(list.len(), 1, "{text}: {list:?}");
    let d = list[0];
    let span = d.span().unwrap();
    let words = format!(
        "{} | {} | {}",
        d.message,
        d.labels[0].text,
        d.help.as_deref().unwrap_or("NO HINT")
    );
    assert!(d.help.is_some(), "{text}: {words}");
    (
        d.code.id,
        text[span.start as usize..span.end as usize].to_owned(),
        words,
    )
}

fn all(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(typed(text), *expected, "{text}");
    }
}

#[test]
fn arithmetic_keeps_exact_numbers_exact() {
    all(&[
        ("n + m * 2", "n + m * 2 :: int"),
        ("n / m", "cast(n as float) / cast(m as float) :: float"),
        ("total + 1", "total + 1 :: decimal(38,2)"),
        ("total * rate", "total * rate :: decimal(38,6)"),
        ("total - rate", "total - rate :: decimal(38,4)"),
        ("total * f", "cast(total as float) * f :: float"),
        ("f > 0.1", "f > 0.1 :: boolean"),
        ("n > 0.5", "n > 0.5 :: boolean"),
        ("total >= 500", "total >= 500 :: boolean"),
        ("n % 2", "n % 2 :: int"),
        ("-(n + 1)", "-(n + 1) :: int"),
        ("+n", "n :: int"),
        ("(n + m) * (n - (m - 1))", "(n + m) * (n - (m - 1)) :: int"),
        ("1 + 2 * 3", "7 :: int"),
        ("0.1 + 0.2", "0.3 :: decimal(38,1)"),
        ("0.10 * 3", "0.30 :: decimal(38,2)"),
        ("-7 % 3", "-1 :: int"),
        ("7 / 2", "3.5 :: float"),
        ("n / 0", "null :: float"),
        ("n % 0", "null :: int"),
        ("1e3 + 1", "1001.0 :: float"),
        ("null + 1", "null :: int"),
        ("n = 1 = true", ""),
    ][..22]);
    assert_eq!(refused("9223372036854775807 + 1").0, "S0217");
    assert_eq!(
        refused("99999999999999999999999999999999999999 * 10").0,
        "S0217"
    );
    assert_eq!(refused("f % 2").1, "f");
    assert_eq!(refused("n + s"), ("S0213", "s".to_owned(), "types do not fit | `+` takes numbers, and this is string | join strings with `||`; make numbers of them with `try_cast(x as decimal(18,2))`".to_owned()));
    assert_eq!(refused("-s").1, "s");
    assert!(refused("ts - ts2").2.contains("date_diff"));
    assert!(refused("d + 1").2.contains("interval"));
}

#[test]
fn comparisons_need_types_that_meet() {
    all(&[
        (
            "country = 'US' and flag",
            "country = 'US' and flag :: boolean",
        ),
        (
            "flag or not flag and n = 1",
            "flag or not flag and n = 1 :: boolean",
        ),
        ("not (flag or n = 1)", "not (flag or n = 1) :: boolean"),
        (
            "(flag and n = 1) and (s = 'x' and flag)",
            "flag and n = 1 and s = 'x' and flag :: boolean",
        ),
        (
            "s like 'a\\_%' or s not ilike s",
            "s like 'a\\_%' or s not ilike s :: boolean",
        ),
        ("n between 1 and m + 1", "n between 1 and m + 1 :: boolean"),
        ("n not in (1, 2.5)", "n not in (1, 2.5) :: boolean"),
        ("f in (1, n)", "f in (1.0, cast(n as float)) :: boolean"),
        (
            "country in var('near')",
            "country in ('US', 'CA') :: boolean",
        ),
        (
            "country in (var('near'), 'MX')",
            "country in ('US', 'CA', 'MX') :: boolean",
        ),
        ("country in var('none')", "false :: boolean"),
        ("country not in var('none')", "true :: boolean"),
        (
            "country = var('home') and total > var('vip_spend')",
            "country = 'US' and total > 500 :: boolean",
        ),
        (
            "s is distinct from null",
            "s is distinct from null :: boolean",
        ),
        ("(n = 1) is not true", "(n = 1) is not true :: boolean"),
        ("flag = true", "flag = true :: boolean"),
        (
            "s || '-' || country = 'a-b'",
            "s || '-' || country = 'a-b' :: boolean",
        ),
        ("s || 1::string", "s || '1' :: string"),
        ("s || cast(n as string)", "s || cast(n as string) :: string"),
    ]);
    for (text, marked, hint) in [
        (
            "total > '500'",
            "'500'",
            "write the number without quotes: `500`",
        ),
        ("'x' < total", "'x'", "convert the text"),
        ("s > 5", "5", "single quotes"),
        ("s = total", "total", "convert the text"),
        ("flag = 1", "1", "condition by itself"),
        (
            "d = '2026-01-31'",
            "'2026-01-31'",
            "write `date '2026-01-31'`",
        ),
        (
            "ts >= '2026-01-31 09:00'",
            "'2026-01-31 09:00'",
            "write `datetime '2026-01-31 09:00'`",
        ),
        (
            "ts >= '2026-01-31 09:00Z'",
            "'2026-01-31 09:00Z'",
            "write `timestamp '2026-01-31 09:00Z'`",
        ),
        ("d > 5", "5", "days_since"),
        ("tags = 'x'", "'x'", "array_contains"),
        ("j = j", "j", "json_text"),
        ("flag > false", "flag", "equal or not"),
        ("country = var('near')", "var('near')", "in var"),
        ("n between 1 and 'x'", "'x'", "convert"),
        ("n in (1, 'x')", "'x'", "convert"),
        ("s like 5", "5", "cast(x as string)"),
        ("s || n", "n", "cast(x as string)"),
        ("j || 'x'", "j", "json_text"),
    ] {
        let (code, found, words) = refused(text);
        assert_eq!((code, found.as_str()), ("S0213", marked), "{text}: {words}");
        assert!(words.contains(hint), "{text}: {words}");
    }
    assert!(
        refused("total > '500'")
            .2
            .starts_with("cannot compare decimal(10,2) with string | this is string")
    );
    assert_eq!(refused("n and flag").0, "S0214");
    assert_eq!(refused("not n").1, "n");
    assert_eq!(refused("n is true").1, "n");
    assert_eq!(refused("s like 'a\\'").0, "S0212");
    assert_eq!(refused("s like 'a\\b'").0, "S0212");
}

#[test]
fn every_error_is_reported() {
    let (_, diags) = run(
        "totl > 'x' and country > 5 and lowr(s) = 'x'",
        &mut Columns { zone: None },
        &context(),
    );
    let codes: Vec<_> = diags.iter().map(|d| d.code.id).collect();
    assert_eq!(codes, ["S0210", "S0213", "S0211"]);
}

#[test]
fn null_is_not_a_value_to_compare_with() {
    for text in [
        "s = null",
        "n in (1, null)",
        "n not in (1, null)",
        "n between null and 3",
        "null <> s",
    ] {
        let (expr, diags) = run(text, &mut Columns { zone: None }, &context());
        assert!(expr.is_some_and(|e| e.ty == Type::Boolean), "{text}");
        assert_eq!(diags.count(Severity::Warning), 1, "{text}: {diags:?}");
    }
    all(&[
        ("null = s", "null :: boolean"),
        ("null and flag", "null and flag :: boolean"),
        ("null and false", "false :: boolean"),
        ("null or true", "true :: boolean"),
        ("null or false", "null :: boolean"),
        ("not null", "null :: boolean"),
        ("not (not (n = 1))", "not not n = 1 :: boolean"),
        ("1 in (2, null)", "null :: boolean"),
        ("2 in (2, null)", "true :: boolean"),
        ("1 not in (2, 3)", "true :: boolean"),
        ("5 between null and 3", "false :: boolean"),
        ("2 between null and 3", "null :: boolean"),
        ("null is null", "true :: boolean"),
        ("null is distinct from 1", "true :: boolean"),
        ("null is not distinct from null", "true :: boolean"),
        ("flag and true", "flag :: boolean"),
        ("flag or 1 = 1", "true :: boolean"),
        ("(1 > 2) is not true", "true :: boolean"),
    ]);
}

#[test]
fn a_tail_speaks_of_its_subject() {
    let snippet = Snippet {
        text: Spanned::new(
            "between 3 and var('vip_spend')".to_owned(),
            Span::new(FileId(0), 0, 30),
        ),
        map: vec![(0, 0)],
    };
    let mut diags = Diagnostics::default();
    let ast = parse_tail(&snippet, &mut diags).unwrap();
    let subject = Expr::new(
        ExprKind::Column("n".to_owned()),
        Type::Int,
        At(snippet.whole()),
    );
    let expr = check_tail(
        &ast,
        &subject,
        &mut Columns { zone: None },
        &context(),
        &mut diags,
    )
    .unwrap();
    assert_eq!(expr.render(&|c| c.clone()), "n between 3 and 500");
    assert!(diags.is_empty());
}

#[test]
fn deep_expressions_fit_the_stack() {
    typed(&format!("n{}", " + n".repeat(98)));
    typed(&format!("flag{}", " and n = 1".repeat(5_000)));
    typed(&format!("{}n{}", "abs(".repeat(50), ")".repeat(50)));
    let nested = (0..20).fold("n".to_owned(), |inner, _| {
        format!("case when flag then {inner} else 1 end")
    });
    typed(&nested);
}
