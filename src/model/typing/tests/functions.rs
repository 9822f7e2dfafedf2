//! The table of functions, casts and types.

use super::*;

#[test]
fn functions_have_one_table() {
    all(&[
        ("lower(trim(s)) = 'x'", "lower(trim(s)) = 'x' :: boolean"),
        ("coalesce(total, 0)", "coalesce(total, 0) :: decimal(21,2)"),
        ("coalesce(n, f)", "coalesce(cast(n as float), f) :: float"),
        ("coalesce(null, s)", "coalesce(null, s) :: string"),
        ("nullif(n, 0)", "nullif(n, 0) :: int"),
        (
            "if(flag, 1, 2.5)",
            "case when flag then 1 else 2.5 end :: decimal(20,1)",
        ),
        ("if(1 = 1, n, m)", "n :: int"),
        (
            "case n when 1 then 'a' when 2 then s end",
            "case when n = 1 then 'a' when n = 2 then s end :: string",
        ),
        (
            "case when flag then ts else date '2026-01-01' end",
            "case when flag then ts else timestamp '2026-01-01 05:00:00Z' end :: timestamp",
        ),
        ("greatest(n, m, 3)", "greatest(n, m, 3) :: int"),
        ("least('b', null, 'a')", "'a' :: string"),
        ("abs(-5) + n", "5 + n :: int"),
        ("round(total)", "round(total) :: decimal(10,0)"),
        ("round(total, 1)", "round(total, 1) :: decimal(10,1)"),
        ("round(total, 2)", "total :: decimal(10,2)"),
        ("round(2.5) + round(-2.5)", "0 :: decimal(38,0)"),
        ("floor(-2.5) + ceil(-2.5)", "-5 :: decimal(38,0)"),
        ("floor(n)", "n :: int"),
        ("ceil(f)", "ceil(f) :: float"),
        ("power(n, 2)", "power(cast(n as float), 2.0) :: float"),
        ("sqrt(f)", "sqrt(case when f >= 0.0 then f end) :: float"),
        (
            "ln(n)",
            "ln(case when cast(n as float) > 0.0 then cast(n as float) end) :: float",
        ),
        ("mod(n, 7)", "n % 7 :: int"),
        ("concat(s, '-', s)", "s || '-' || s :: string"),
        ("substr(s, 1, 3)", "substr(s, 1, 3) :: string"),
        ("length('añb')", "3 :: int"),
        ("upper('straße')", "upper('straße') :: string"),
        ("upper('abc') || lower('X')", "'ABCx' :: string"),
        (
            "contains('abc', 'b') and starts_with(s, 'a')",
            "starts_with(s, 'a') :: boolean",
        ),
        (
            "regexp_extract(s, '(a)(b)', 2)",
            "regexp_extract(s, '(a)(b)', 2) :: string",
        ),
        (
            "array_contains(tags, 'x')",
            "array_contains(tags, 'x') :: boolean",
        ),
        (
            "any_in(tags, ['a', 'b']) and none_in(tags, var('near'))",
            "any_in(tags, ['a', 'b']) and none_in(tags, ['US', 'CA']) :: boolean",
        ),
        ("array_length(tags)", "array_length(tags) :: int"),
        (
            "json_text(j, 'a.b') = 'x' and json_number(j, 'n') > 1",
            "json_text(j, 'a.b') = 'x' and json_number(j, 'n') > 1.0 :: boolean",
        ),
        (
            "distance_km(f, f, 40, -73.5) < 10",
            "distance_km(f, f, 40.0, -73.5) < 10.0 :: boolean",
        ),
        (
            "hash_bucket(n, 100, 'salt') < 50",
            "hash_bucket(n, 100, 'salt') < 50 :: boolean",
        ),
        (
            "count(orders) > 1 and count(*) = 0",
            "count/1 > 1 and count/1 = 0 :: boolean",
        ),
        ("count(distinct s)", "count_distinct/1 :: int"),
    ]);
    for (text, code, marked, words) in [
        ("lowr(s)", "S0211", "lowr", "did you mean `lower`?"),
        ("NOW()", "S0211", "NOW", "as_of()"),
        ("datediff(d, d)", "S0211", "datediff", "date_diff"),
        ("ifnull(s, 'x')", "S0211", "ifnull", "coalesce"),
        ("cnt(s)", "S0211", "cnt", ""),
        ("xyzzy(s)", "S0211", "xyzzy", "reference"),
        (
            "substr(s)",
            "S0212",
            "substr(s)",
            "substr(text, start[, length])",
        ),
        ("substr(s, 0)", "S0212", "0", "at least 1"),
        ("left(s, -1)", "S0212", "-1", "at least 0"),
        ("round(f, n)", "S0212", "n", "constant"),
        ("lower(n)", "S0213", "n", "cast(x as string)"),
        ("sqrt(s)", "S0213", "s", "number"),
        ("array_contains(s, 'x')", "S0213", "s", "array"),
        ("array_contains(tags, 1)", "S0213", "1", "different types"),
        ("json_text(s, 'a')", "S0213", "s", "json"),
        ("json_text(j, s)", "S0212", "s", "constant"),
        ("hash_bucket(f, 10, 'x')", "S0213", "f", "cast"),
        ("hash_bucket(n, 0, 'x')", "S0212", "0", "buckets"),
        ("coalesce(n, s)", "S0213", "s", "int and string"),
        ("if(n, 1, 2)", "S0214", "n", "number"),
        (
            "greatest(flag, flag)",
            "S0213",
            "greatest(flag, flag)",
            "boolean",
        ),
        ("var('vip')", "S0216", "'vip'", "vip_spend"),
        ("var(s)", "S0212", "var(s)", "single quotes"),
        (
            "lower(s) filter (where flag)",
            "S0202",
            "lower(s) filter (where flag)",
            "aggregate",
        ),
        ("sum(distinct n)", "S0202", "sum(distinct n)", "distinct"),
        ("[n]", "S0201", "n", "constants"),
        ("today(1)", "S0212", "today(1)", "today()"),
    ] {
        let (found_code, found, found_words) = refused(text);
        assert_eq!(
            (found_code, found.as_str()),
            (code, marked),
            "{text}: {found_words}"
        );
        assert!(found_words.contains(words), "{text}: {found_words}");
    }
    for doc in functions() {
        assert!(!doc.name.is_empty() && doc.usage.starts_with(doc.name) && !doc.meaning.is_empty());
    }
}

#[test]
fn what_has_no_value_is_null() {
    all(&[
        ("power(f, 2)", "power(f, 2.0) :: float"),
        (
            "power(f, -1)",
            "power(case when f <> 0.0 then f end, -1.0) :: float",
        ),
        (
            "power(f, 0.5)",
            "power(case when f >= 0.0 then f end, 0.5) :: float",
        ),
        (
            "left(s, n)",
            "left(s, case when n >= 0 then n end) :: string",
        ),
        ("left(s, 2)", "left(s, 2) :: string"),
    ]);
}

#[test]
fn casts_mean_the_same_everywhere() {
    all(&[
        (
            "cast(s as int)",
            "cast(case when not regexp_matches(trim(s), '^-?[0-9]+$') then '' else s end as int) :: int",
        ),
        (
            "try_cast(s as decimal(10,2))",
            "try_cast(case when regexp_matches(trim(s), '^-?[0-9]+([.][0-9]*)?$') then s end as decimal(10,2)) :: decimal(10,2)",
        ),
        ("cast(f as int)", "cast(round(f) as int) :: int"),
        (
            "n::decimal(10,2)",
            "cast(n as decimal(10,2)) :: decimal(10,2)",
        ),
        (
            "cast(ts as date)",
            "cast(cast(ts as datetime) as date) :: date",
        ),
        ("cast(ts as datetime)", "cast(ts as datetime) :: datetime"),
        (
            "cast(ts as string)",
            "cast(cast(ts as datetime) as string) :: string",
        ),
        ("cast(n as int)", "n :: int"),
        ("cast('2026-01-31' as date)", "date '2026-01-31' :: date"),
        (
            "cast('2026-07-01 09:00' as timestamp)",
            "timestamp '2026-07-01 13:00:00Z' :: timestamp",
        ),
        ("cast('2.50' as decimal(10,2))", "2.50 :: decimal(10,2)"),
        ("try_cast('x' as int)", "null :: int"),
        ("try_cast(' 12 ' as int)", "12 :: int"),
        ("try_cast('12.5' as int)", "null :: int"),
        (
            "try_cast(n as decimal(10,2))",
            "try_cast(n as decimal(10,2)) :: decimal(10,2)",
        ),
        ("cast(2.5 as int)", "3 :: int"),
        ("cast(null as string)", "null :: string"),
        ("cast(flag as int)", "cast(flag as int) :: int"),
        ("as_of()::date", "date '2026-01-31' :: date"),
    ]);
    for (text, code, hint) in [
        ("cast(s as varchar)", "S0215", "write `string`"),
        ("cast(s as bigint)", "S0215", "write `int`"),
        ("cast(s as strng)", "S0215", "did you mean `string`?"),
        ("cast(s as decimal(40,2))", "S0215", "38"),
        ("cast(f as string)", "S0213", "decimal"),
        ("cast(s as timestamp)", "S0213", "datetime"),
        ("cast(dt as timestamp)", "S0213", "local time"),
        ("cast(j as string)", "S0213", "json_text"),
        ("cast(d as int)", "S0213", "days_since"),
        ("cast('x' as int)", "S0217", "try_cast"),
        ("cast('2026-02-30' as date)", "S0217", "constant"),
        ("cast(12345 as decimal(4,2))", "S0217", "constant"),
    ] {
        let (found, _, words) = refused(text);
        assert_eq!(found, code, "{text}: {words}");
        assert!(words.contains(hint), "{text}: {words}");
    }
}

#[test]
fn types_have_names() {
    assert_eq!(
        parse_type("Decimal( 10 , 2 )"),
        Some(Type::Decimal {
            precision: 10,
            scale: 2
        })
    );
    assert_eq!(
        parse_type("decimal"),
        Some(Type::Decimal {
            precision: 38,
            scale: 9
        })
    );
    assert_eq!(
        parse_type("array<array<int>>").map(|t| t.to_string()),
        Some("array<array<int>>".to_owned())
    );
    for wrong in [
        "",
        "varchar",
        "decimal(0)",
        "decimal(2,3)",
        "decimal(39)",
        "array",
        "array<>",
        "array<int",
        "int(4)",
        "null",
    ] {
        assert_eq!(parse_type(wrong), None, "{wrong}");
    }
    assert_eq!(
        parse_type(&format!(
            "{}int{}",
            "array<".repeat(9_000),
            ">".repeat(9_000)
        )),
        None
    );
}
