//! What is computed when compiling is what the engine would have computed: every expression is asked of a one-row table,
//! and of the same values written as constants.

use segc::diag::Diagnostics;
use segc::dialect;
use segc::engine::duckdb::{DuckDb, Options};
use segc::engine::{Engine, Value};
use segc::expr::{Literal, Type};
use segc::ir::Selection;
use segc::model::typing::Context;
use segc::model::{Catalog, TraitId};
use segc::source::FileId;
use segc::spec::settings::WeekStart;

/// Name, type, the value as a constant of the language, and as DuckDB reads it.
const COLUMNS: &[(&str, &str, &str, &str)] = &[
    ("n", "int", "7", "7::bigint"),
    ("neg", "int", "(-7)", "-7::bigint"),
    ("zero", "int", "0", "0::bigint"),
    ("total", "decimal(10,2)", "12.50", "12.50::decimal(10,2)"),
    ("minus", "decimal(10,2)", "(-2.50)", "-2.50::decimal(10,2)"),
    ("f", "float", "2.25e0", "2.25::double"),
    ("s", "string", "'abC d'", "'abC d'"),
    ("pad", "string", "'  x '", "'  x '"),
    ("nothing", "string", "cast(null as string)", "null::varchar"),
    ("yes", "boolean", "true", "true"),
    ("maybe", "boolean", "cast(null as boolean)", "null::boolean"),
    ("d", "date", "date '2024-02-29'", "date '2024-02-29'"),
    ("e", "date", "date '2025-12-31'", "date '2025-12-31'"),
    (
        "ts",
        "timestamp",
        "timestamp '2026-03-08 07:30Z'",
        "timestamptz '2026-03-08 07:30:00+00'",
    ),
    (
        "ts2",
        "timestamp",
        "timestamp '2025-11-02 05:59:59Z'",
        "timestamptz '2025-11-02 05:59:59+00'",
    ),
    (
        "dt",
        "datetime",
        "datetime '2026-01-31 23:59:59.5'",
        "timestamp '2026-01-31 23:59:59.5'",
    ),
];

/// `$x` is the column or its value.
const EXPRESSIONS: &[&str] = &[
    "$n + $neg * 3 - 1",
    "$n / $neg",
    "$n / $zero",
    "$n % $neg",
    "$neg % 3",
    "$n % $zero",
    "-$neg + abs($neg)",
    "$total * $minus",
    "$total + $n",
    "$total - 0.125",
    "$total / $n",
    "$total * $f",
    "abs($minus)",
    "round($minus)",
    "round($total)",
    "floor($minus)",
    "ceil($minus)",
    "floor($total)",
    "greatest($n, $total, 3)",
    "least($n, null, 3)",
    "$total > 12.5",
    "$total >= 12.5",
    "$n between $neg and $total",
    "$n not between $neg and 6",
    "$n in (1, 7)",
    "$n not in (1, 2)",
    "$s in ('x', null)",
    "$s = $nothing",
    "$s is distinct from $nothing",
    "$nothing is not distinct from null",
    "$maybe and $yes",
    "$maybe or $yes",
    "not $maybe",
    "$maybe is not true",
    "$yes is false",
    "$s || '-' || $pad",
    "$s || $nothing",
    "upper($s) || lower($s)",
    "trim($pad) = 'x'",
    "length($pad)",
    "starts_with($s, 'ab') and not ends_with($s, 'x') and contains($s, 'C ')",
    "$s < 'abc'",
    "coalesce($nothing, $s)",
    "nullif($n, 7)",
    "nullif($n, 8)",
    "if($n > 3, $s, $pad)",
    "case $n when 7 then 'seven' else 'other' end",
    "date_trunc('month', $d)",
    "date_trunc('week', $d)",
    "date_trunc('quarter', $e)",
    "date_trunc('year', $dt)",
    "date_trunc('hour', $dt)",
    "date_trunc('day', $ts)",
    "date_trunc('month', $ts2)",
    "date_add('month', 1, $e)",
    "date_add('year', 1, $d)",
    "date_add('week', 2, $d)",
    "date_add('quarter', $n, $e)",
    "date_add('hour', 3, $d)",
    "date_add('hour', 30, $ts)",
    "date_add('minute', $neg, $dt)",
    "$e + interval '2' month",
    "$d - interval '1' year",
    "$dt - interval '1' month",
    "date_diff('day', $d, $e)",
    "date_diff('week', $d, $e)",
    "date_diff('month', $e, $d)",
    "date_diff('quarter', $d, $e)",
    "date_diff('year', $d, $e)",
    "date_diff('day', $ts, $ts2)",
    "date_diff('hour', $ts2, $ts)",
    "date_diff('minute', $ts, $ts2)",
    "date_diff('second', $ts2, $ts)",
    "days_since($ts)",
    "days_since($ts2)",
    "days_since($d)",
    "year($d) * 10000 + month($d) * 100 + day($d)",
    "quarter($e) * 10 + weekday($e)",
    "day_of_year($d) + hour($dt)",
    "hour($ts) * 100 + hour($ts2)",
    "is_weekend($ts)",
    "age($d)",
    "age($e)",
    "$ts > $ts2",
    "$ts >= date '2026-03-08'",
    "$ts < $dt",
    "$d < $dt",
    "$d >= as_of()",
    "$e < $ts",
    "$dt between $d and $ts",
    "cast($ts as date)",
    "cast($dt as date)",
    "cast($total as int)",
    "cast($minus as int)",
    "cast($n as decimal(10,2))",
    "cast($n as string) || cast($total as string)",
    "cast('12.345' as decimal(10,2)) + $n",
    "try_cast($s as int)",
    "cast($n as boolean)",
];

fn compare(zone: &str, week_start: WeekStart) {
    let mut yaml = String::from(
        "entities:\n  - name: probe\n    table: probe\n    key: id\n    columns: {id: int",
    );
    for (name, ty, _, _) in COLUMNS {
        yaml += &format!(", {name}: \"{ty}\"");
    }
    yaml += "}\ntraits:\n";
    for (i, expression) in EXPRESSIONS.iter().enumerate() {
        let (mut column, mut constant) = ((*expression).to_owned(), (*expression).to_owned());
        // Longer names first: `$ts2` begins with `$ts`.
        let mut by_length: Vec<_> = COLUMNS.iter().collect();
        by_length.sort_by_key(|c| std::cmp::Reverse(c.0.len()));
        for (name, _, value, _) in by_length {
            column = column.replace(&format!("${name}"), name);
            constant = constant.replace(&format!("${name}"), value);
        }
        yaml += &format!("  - {{name: column_{i}, sql: \"{column}\"}}\n");
        yaml += &format!("  - {{name: constant_{i}, sql: \"{constant}\"}}\n");
    }
    yaml += "segments:\n  - {name: all_of_them, where: n = 7}\n";

    let mut diags = Diagnostics::default();
    let node = segc::yaml::parse(FileId(1), &yaml, &mut diags);
    let settings = segc::yaml::parse(FileId(0), "name: probe\nversion: 1\n", &mut diags);
    let settings =
        segc::spec::settings::read(&settings, &|_| None, &mut diags).expect("settings are good");
    let spec = segc::spec::read(&[node], &[], &mut diags);
    let ctx = Context {
        as_of: "2026-04-01T12:00:00Z".parse().unwrap(),
        time_zone: jiff::tz::TimeZone::get(zone).unwrap(),
        week_start,
        vars: vec![("unused".to_owned(), Literal::Int(1), Type::Int)],
    };
    let model =
        segc::model::resolve::resolve(&spec, &settings, &Catalog::default(), &ctx, &mut diags);
    assert!(!diags.has_errors(), "{diags:#?}");
    let count = u32::try_from(model.traits.len()).unwrap();
    assert_eq!(model.traits.len(), EXPRESSIONS.len() * 2);
    let selection = Selection {
        traits: (0..count).map(TraitId).collect(),
        ..Selection::default()
    };
    let dialect = dialect::find("duckdb").unwrap();
    let compiled = segc::compile(&model, &selection, dialect, &mut |_, _| {}, &mut diags);
    assert!(!diags.has_errors(), "{diags:#?}");

    let mut engine = DuckDb::open(&Options::default()).unwrap();
    let values: Vec<_> = COLUMNS
        .iter()
        .map(|(name, _, _, value)| format!("{value} as {name}"))
        .collect();
    engine
        .execute(&format!(
            "create table probe as select 1::bigint as id, {}",
            values.join(", ")
        ))
        .unwrap();
    let query = &compiled.queries[0];
    for statement in &query.prelude {
        engine.execute(statement).unwrap();
    }
    let rows = engine
        .query(&query.sql)
        .unwrap_or_else(|e| panic!("{e}\n{}", query.sql));
    let row = &rows.rows[0];
    let value = |name: String| {
        let at = rows
            .columns
            .iter()
            .position(|c| c.ends_with(&name))
            .unwrap_or_else(|| panic!("{name}: {:?}", rows.columns));
        match row[at].clone() {
            // A decimal without a fraction reads as an int when it is a constant.
            Value::Int(i) => Value::Text(i.to_string()),
            other => other,
        }
    };
    let mut wrong = Vec::new();
    for (i, expression) in EXPRESSIONS.iter().enumerate() {
        let (column, constant) = (value(format!("column_{i}")), value(format!("constant_{i}")));
        if column != constant {
            wrong.push(format!(
                "{expression}: {column:?} in the engine, {constant:?} as a constant"
            ));
        }
    }
    assert!(wrong.is_empty(), "{zone}\n{}", wrong.join("\n"));
}

#[test]
fn constants_are_what_the_engine_computes() {
    compare("America/New_York", WeekStart::Monday);
    compare("Asia/Kolkata", WeekStart::Sunday);
}
