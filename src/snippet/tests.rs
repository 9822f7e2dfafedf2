//! What the grammar takes, refuses, and where it points.

use super::*;
use crate::source::FileId;
use sqlparser::ast as sql;

pub(super) fn snippet(text: &str) -> Snippet {
    // In the file the text stands behind 100 bytes.
    Snippet {
        text: Spanned::new(text.to_owned(), Span::new(FileId(0), 100, 100 + text.len())),
        map: vec![(0, 100)],
    }
}

fn show(ast: &Ast) -> String {
    let list = |items: &[Ast]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    let not = |negated: &bool| if *negated { "not " } else { "" };
    match &ast.kind {
        AstKind::Literal(value) => value.to_string(),
        AstKind::Interval { count, unit } => format!("interval {count} {}", unit.name()),
        AstKind::Name(path) => path
            .iter()
            .map(|p| p.value.as_str())
            .collect::<Vec<_>>()
            .join("."),
        AstKind::Subject => "_".to_owned(),
        AstKind::Unary { op, of } => format!("({op:?} {})", show(of)),
        AstKind::Binary { op, left, right } => format!("({} {op:?} {})", show(left), show(right)),
        AstKind::Is { of, what, negated } => format!("({} is {}{what:?})", show(of), not(negated)),
        AstKind::IsDistinct {
            left,
            right,
            negated,
        } => {
            format!(
                "({} is {}distinct from {})",
                show(left),
                not(negated),
                show(right)
            )
        }
        AstKind::In {
            of,
            list: items,
            negated,
        } => format!("({} {}in [{}])", show(of), not(negated), list(items)),
        AstKind::Between {
            of,
            low,
            high,
            negated,
        } => {
            format!(
                "({} {}between {} and {})",
                show(of),
                not(negated),
                show(low),
                show(high)
            )
        }
        AstKind::Like {
            of,
            pattern,
            negated,
            any_case,
        } => {
            let like = if *any_case { "ilike" } else { "like" };
            format!("({} {}{like} {})", show(of), not(negated), show(pattern))
        }
        AstKind::Case {
            of,
            whens,
            otherwise,
        } => {
            let of = of.as_ref().map_or(String::new(), |o| show(o));
            let whens: Vec<_> = whens
                .iter()
                .map(|(w, t)| format!("{} -> {}", show(w), show(t)))
                .collect();
            let otherwise = otherwise
                .as_ref()
                .map_or(String::new(), |o| format!(" else {}", show(o)));
            format!("case {of} {}{otherwise}", whens.join(", "))
        }
        AstKind::Cast { of, ty, safe } => format!(
            "(cast {} as {}{})",
            show(of),
            ty.value,
            if *safe { "?" } else { "" }
        ),
        AstKind::Call {
            name,
            args,
            distinct,
            star,
            filter,
        } => {
            let filter = filter
                .as_ref()
                .map_or(String::new(), |f| format!(" filter {}", show(f)));
            let star = if *star { "*" } else { "" };
            let distinct = if *distinct { "distinct " } else { "" };
            format!("{}({distinct}{star}{}){filter}", name.value, list(args))
        }
        AstKind::Array(items) => format!("[{}]", list(items)),
    }
}

fn parsed(text: &str) -> String {
    let mut diags = Diagnostics::default();
    match parse(&snippet(text), &mut diags) {
        Some(ast) => {
            assert!(diags.is_empty(), "{text}: {diags:?}");
            show(&ast)
        }
        None => panic!("{text}: {diags:?}"),
    }
}

/// The code, the text marked, and the label of the one diagnostic.
fn refused(text: &str) -> (&'static str, String, String) {
    let mut diags = Diagnostics::default();
    let ast = parse(&snippet(text), &mut diags);
    assert!(ast.is_none(), "{text} is taken");
    one(text, &diags)
}

pub(super) fn one(text: &str, diags: &Diagnostics) -> (&'static str, String, String) {
    let list: Vec<_> = diags.iter().collect();
    assert_eq!(list.len(), 1, "{text}: {list:?}");
    let d = list[0];
    assert!(d.help.is_some(), "{text}: no hint");
    let span = d.span().unwrap();
    let marked = text.get(span.start as usize - 100..span.end as usize - 100);
    (
        d.code.id,
        marked.unwrap_or("?").to_owned(),
        d.labels[0].text.clone(),
    )
}

#[test]
fn operators_bind_as_in_sql() {
    for (text, tree) in [
        ("a or b and not c = d", "(a Or (b And (Not (c Eq d))))"),
        ("a + b * -c - d", "((a Add (b Mul (Minus c))) Sub d)"),
        ("a = b is null", "((a Eq b) is Null)"),
        ("not a is not true", "(Not (a is not True))"),
        ("a between 1 and 2 and b", "((a between 1 and 2) And b)"),
        (
            "a not between 1 + 1 and 2 or b",
            "((a not between (1 Add 1) and 2) Or b)",
        ),
        ("a || 'x' like 'y%' ", "((a Concat 'x') like 'y%')"),
        ("a not ilike 'x'", "(a not ilike 'x')"),
        (
            "a is not distinct from b + 1",
            "(a is not distinct from (b Add 1))",
        ),
        ("a % 2 = 0", "((a Mod 2) Eq 0)"),
        ("-1::int", "(cast -1 as int)"),
        (
            "cast(a as decimal(10, 2)) > try_cast(b as array<string>)",
            "((cast a as decimal(10,2)) Gt (cast b as array<string>?))",
        ),
        (
            "x not in ('a', 'it''s', null)",
            "(x not in ['a', 'it''s', null])",
        ),
        ("x in var('list')", "(x in [var('list')])"),
        (
            "x >= {{ var('y') }} and y in {{var(\"z\")}}",
            "((x Ge var('y')) And (y in [var('z')]))",
        ),
        (
            "case a when 1 then 'x' else 'y' end",
            "case a 1 -> 'x' else 'y'",
        ),
        (
            "case when a then b when c then d end",
            "case  a -> b, c -> d",
        ),
        ("extract(year from a) = year(a)", "(year(a) Eq year(a))"),
        (
            "as_of() - interval '90' day",
            "(as_of() Sub interval 90 day)",
        ),
        (
            "a + interval 3 days + interval '2 weeks'",
            "((a Add interval 3 day) Add interval 2 week)",
        ),
        ("date '2026-01-31'", "date '2026-01-31'"),
        (
            "timestamp '2026-01-31 09:00+02:00'",
            "timestamp '2026-01-31 07:00:00Z'",
        ),
        (
            "timestamp '2026-01-31 09:00'",
            "timestamp(datetime '2026-01-31 09:00:00')",
        ),
        (
            "sum(orders.total) filter (where orders.channel = 'web') > 500",
            "(sum(orders.total) filter (orders.channel Eq 'web') Gt 500)",
        ),
        (
            "count(*) + COUNT(distinct items.product.category)",
            "(count(*) Add count(distinct items.product.category))",
        ),
        (
            "any_in(tags, ['a', 'b']) -- a comment",
            "any_in(tags, ['a', 'b'])",
        ),
        (
            "\"Order Total\" /* in cents */ > .5e1",
            "(Order Total Gt 5.0)",
        ),
        (
            "left(a, 1) = replace(b, 'x', '')",
            "(left(a, 1) Eq replace(b, 'x', ''))",
        ),
        (
            "if(a, 1, 2) = exists(orders)",
            "(if(a, 1, 2) Eq exists(orders))",
        ),
        (
            "date > 1 and timestamp is null",
            "((date Gt 1) And (timestamp is Null))",
        ),
        (
            "a and b and c and d and e",
            "(((a And b) And (c And d)) And e)",
        ),
        (
            "orders.\"from\" = orders.date",
            "(orders.from Eq orders.date)",
        ),
    ] {
        assert_eq!(parsed(text), tree, "{text}");
    }
}

#[test]
fn what_does_not_fit_is_marked_at_its_own_place() {
    for (text, code, marked, label) in [
        (
            "a = 'x' b",
            "S0201",
            "b",
            "expected an operator or the end of the expression, found `b`",
        ),
        (
            "a >",
            "S0201",
            "",
            "expected an expression, found the end of the expression",
        ),
        ("(a", "S0201", "", "expected `)`, found the end"),
        ("a)", "S0201", ")", "never opened"),
        ("a = 'x", "S0201", "'", "it begins here"),
        ("1 < a < 5", "S0201", "<", "do not chain"),
        ("a == 5", "S0201", "==", "not an operator"),
        ("a = not b", "S0201", "not", "binds more weakly"),
        ("a in ()", "S0201", ")", "at least one value"),
        ("a in b", "S0201", "b", "a list in parentheses"),
        ("f(a,)", "S0201", ")", "expected an expression"),
        ("select = 1", "S0202", "select", "subqueries"),
        ("from = 1", "S0201", "from", "expected an expression"),
        ("a; drop table x", "S0202", ";", "semicolon"),
        ("a in (select 1)", "S0202", "select", "subqueries"),
        ("exists (select 1 from x)", "S0202", "select", "subqueries"),
        (
            "a = (with x as (select 1) select 1)",
            "S0202",
            "with",
            "subqueries",
        ),
        ("delete from x", "S0202", "delete", "begins a statement"),
        ("row_number() over (order by a)", "S0202", "over", "window"),
        ("count(orders.*)", "S0202", "*", "count(*)"),
        ("*", "S0202", "*", "count(*)"),
        ("a[1]", "S0202", "[", "subscripts"),
        ("a ->> 'x'", "S0202", "->>", "JSON"),
        ("a ~ 'x'", "S0202", "~", "regular"),
        ("a similar to 'x'", "S0202", "similar", "operator"),
        ("a at time zone 'UTC'", "S0202", "at", "time zone"),
        ("a like 'x' escape '!'", "S0202", "escape", "escape"),
        ("(a, b) = (1, 2)", "S0202", ",", "tuples"),
        ("a > current_date", "S0202", "current_date", "clocks"),
        (
            "a = date '2026-02-30'",
            "S0204",
            "date '2026-02-30'",
            "no day",
        ),
        (
            "a > interval '1.5' day",
            "S0204",
            "interval '1.5' day",
            "whole number",
        ),
        (
            "a > interval '1' fortnight",
            "S0204",
            "interval '1' fortnight",
            "unit",
        ),
        ("a > 1e999", "S0204", "1e999", "too large"),
        (
            "a = '{{ var('x') }}'",
            "S0205",
            "{{ var('x') }}",
            "inserted as a literal",
        ),
        (
            "a = {{ env_var('x') }}",
            "S0205",
            "{{ env_var('x') }}",
            "expected",
        ),
        ("a = {{ var('x')", "S0205", "{{", "begins here"),
        ("{% if a %}", "S0205", "{%", "only"),
        ("ä = 'ö' b", "S0201", "b", "found `b`"),
        ("a = X'00'", "S0201", "X'00'", "expected an expression"),
        ("a ? b", "S0201", "?", "expected"),
        ("", "S0201", "", "expected an expression"),
        ("orders.sum(x)", "S0201", "orders.sum", "plain names"),
    ] {
        let (found_code, found, found_label) = refused(text);
        assert_eq!(
            (found_code, found.as_str()),
            (code, marked),
            "{text}: {found_label}"
        );
        assert!(found_label.contains(label), "{text}: {found_label}");
    }
}

#[test]
fn tails_are_one_comparison() {
    for (text, tree) in [
        (">= 500", "(_ Ge 500)"),
        ("between 3 and 5", "(_ between 3 and 5)"),
        ("not in ('a', 'b')", "(_ not in ['a', 'b'])"),
        ("is not null", "(_ is not Null)"),
        ("like 'a%'", "(_ like 'a%')"),
        ("> var('x') * 2", "(_ Gt (var('x') Mul 2))"),
    ] {
        let mut diags = Diagnostics::default();
        let ast =
            parse_tail(&snippet(text), &mut diags).unwrap_or_else(|| panic!("{text}: {diags:?}"));
        assert_eq!(show(&ast), tree);
    }
    for (text, marked) in [
        ("500", "500"),
        ("", ""),
        (">= 3 and <= 5", "and"),
        ("and true", "and"),
        (">", ""),
        ("> 3;", ";"),
    ] {
        let mut diags = Diagnostics::default();
        assert!(parse_tail(&snippet(text), &mut diags).is_none(), "{text}");
        assert_eq!(one(text, &diags).1, marked, "{text}");
    }
}

#[test]
fn places_follow_the_map() {
    // Two lines of a block scalar, the second indented by four bytes in the file.
    let snippet = Snippet {
        text: Spanned::new("a =\nb c".to_owned(), Span::new(FileId(0), 10, 21)),
        map: vec![(0, 10), (4, 18)],
    };
    let mut diags = Diagnostics::default();
    assert!(parse(&snippet, &mut diags).is_none());
    assert_eq!(
        diags.iter().next().unwrap().span(),
        Some(Span::new(FileId(0), 20, 21))
    );
    assert_eq!(snippet.span(0, 4), Span::new(FileId(0), 10, 14));
    assert_eq!(snippet.span(2, 5), Span::new(FileId(0), 12, 19));
}

#[test]
fn large_and_deep_texts_are_refused_or_taken_quickly() {
    let deep = format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(refused(&deep).0, "S0203");
    assert_eq!(refused(&"not ".repeat(10_000)).0, "S0203");
    assert_eq!(refused(&"-".repeat(101)).0, "S0201"); // a comment
    assert_eq!(refused(&"- ".repeat(10_000)).0, "S0203");
    assert_eq!(refused(&"case when ".repeat(6_000)).0, "S0203");
    assert_eq!(refused(&format!("1{}", " + 1".repeat(10_000))).0, "S0203");
    assert_eq!(
        refused(&format!("1{}", " = 1 is null".repeat(3_000))).0,
        "S0203"
    );
    assert_eq!(refused(&"a and ".repeat(400_000)).0, "S0203");
    assert_eq!(refused(&"[".repeat(60_000)).0, "S0203");
    parsed(&format!("a{}", " and a = 1".repeat(5_000)));
    parsed(&format!("a in (1{})", ", 2".repeat(15_000)));
    parsed(&format!("{}1{}", "(".repeat(60), ")".repeat(60)));
    parsed(&format!("1{}", " + 1".repeat(90)));
}

#[test]
fn junk_never_panics() {
    for text in [
        "{{",
        "}}",
        "{{}}",
        "'{{ var('x') }}",
        "\u{0}",
        "\u{feff}a",
        "a\u{2028}b",
        "🦀 = '🦀",
        "\"",
        "\"\"",
        "''",
        "$1",
        "$$a$$",
        "@x",
        "N'a'",
        "0x12",
        "1L",
        "1_000",
        "a.",
        ".a",
        "a..b",
        "/*",
        "--",
        "a::",
        "a::decimal(",
        "cast(a as",
        "cast(a as x>>)",
        "interval",
        "interval 'x",
        "date ''",
        "timestamp ' '",
        "case",
        "case end",
        "extract(",
        "extract('x' from a)",
        "f(distinct)",
        "count(*",
        "count(* )",
        "f() filter (",
        "f() filter (where",
        "f() within group (order by x)",
        "a is",
        "a is not",
        "a not",
        "not",
        "between",
        "in",
        "a in",
        "a between 1",
        "a between 1 and",
        "::int",
        ",",
        ")",
        "]",
        "a = ]",
        "{% %}",
        "{# #}",
        "\\",
        "`a`",
        "a\\b",
    ] {
        let mut diags = Diagnostics::default();
        if parse(&snippet(text), &mut diags).is_none() {
            assert!(diags.has_errors(), "{text}: refused in silence");
        }
        let mut diags = Diagnostics::default();
        if parse_tail(&snippet(text), &mut diags).is_none() {
            assert!(diags.has_errors(), "{text}: refused in silence");
        }
        let mut diags = Diagnostics::default();
        if !check_query(&snippet(text), &mut diags) {
            assert!(diags.has_errors(), "{text}: refused in silence");
        }
    }
}

/// sqlparser's tree in the same notation, for what the test below makes.
#[allow(clippy::wildcard_enum_match_arm)] // a foreign enum of a hundred kinds
fn theirs(expr: &sql::Expr) -> String {
    match expr {
        sql::Expr::Nested(e) => theirs(e),
        sql::Expr::Identifier(i) => i.value.clone(),
        sql::Expr::UnaryOp {
            op: sql::UnaryOperator::Not,
            expr,
        } => format!("(Not {})", theirs(expr)),
        sql::Expr::UnaryOp { expr, .. } => format!("(Minus {})", theirs(expr)),
        sql::Expr::IsNull(e) => format!("({} is Null)", theirs(e)),
        sql::Expr::Between {
            expr, low, high, ..
        } => {
            format!(
                "({} between {} and {})",
                theirs(expr),
                theirs(low),
                theirs(high)
            )
        }
        sql::Expr::BinaryOp { left, op, right } => {
            let name = match op.to_string().as_str() {
                "AND" => "And",
                "OR" => "Or",
                "=" => "Eq",
                "<" => "Lt",
                "+" => "Add",
                "*" => "Mul",
                other => panic!("{other}"),
            };
            format!("({} {name} {})", theirs(left), theirs(right))
        }
        other => panic!("{other:?}"),
    }
}

use proptest::prelude::{Strategy as _, any};

proptest::proptest! {
    /// Both grammars read the same tree, wherever sqlparser and we both read one.
    #[test]
    fn reads_as_sqlparser_does(
        words in proptest::collection::vec(proptest::sample::select(vec![
            "a +", "a *", "b =", "b <", "c and", "c or", "not", "-", "(", "d is null and", "d between e and f or", "g) +", "g) and", "g) =",
        ]), 0..8)
    ) {
        let text = format!("{} z", words.join(" "));
        let mut diags = Diagnostics::default();
        if let Some(ast) = parse(&snippet(&text), &mut diags) {
            let dialect = sqlparser::dialect::PostgreSqlDialect {};
            let other = sqlparser::parser::Parser::new(&dialect).try_with_sql(&text).unwrap().parse_expr();
            if let Ok(other) = other {
                // Chains of `and` are balanced here: compare without the brackets they differ in.
                if !(text.matches(" and").count() > 1 || text.matches(" or").count() > 1) {
                    proptest::prop_assert_eq!(show(&ast), theirs(&other), "{}", text);
                }
            }
        }
    }

    /// Whatever stands there: no panic, every refusal is said, and at a place inside the text.
    #[test]
    fn random_text_does_no_harm(
        soup in proptest::collection::vec(proptest::prop_oneof![
            proptest::sample::select(vec![
                "(", ")", "[", "]", "case", "when", "then", "end", "cast(", "as", "int", "not", "-", "--", "/*", "'", "\"", "a", ".",
                ",", "1e", "0x", "9", "in", "between", "and", "like", "is", "date '", "interval '3' day", "filter (where", "{{", ";",
                "select", "from", "::", "é", "\u{0}", "\n",
            ]).prop_map(str::to_owned),
            any::<String>(),
        ], 0..30)
    ) {
        let text = soup.join(" ");
        for read in [0, 1, 2] {
            let mut diags = Diagnostics::default();
            let fine = match read {
                0 => parse(&snippet(&text), &mut diags).is_some(),
                1 => parse_tail(&snippet(&text), &mut diags).is_some(),
                _ => check_query(&snippet(&text), &mut diags),
            };
            proptest::prop_assert!(fine || diags.has_errors(), "refused in silence: {:?}", text);
        }
    }
}
