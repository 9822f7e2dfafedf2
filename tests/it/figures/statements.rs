//! Scans, aggregates and bytes of what is compiled, exactly: whoever changes them sees by how much. `INSTA_UPDATE=always` writes
//! them anew.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use segc::diag::Diagnostics;
use segc::dialect;
use segc::model::Model;
use sqlparser::ast::{Expr, Visit, Visitor};
use sqlparser::dialect::{BigQueryDialect, Dialect, DuckDbDialect, SnowflakeDialect};
use sqlparser::parser::Parser;

/// What a statement reads and computes.
#[derive(Default)]
struct Counted {
    /// Mentions of tables that are not the statement's own.
    scans: u32,
    /// Calls that make one value of many rows, windows not counted.
    aggregates: u32,
}

/// The functions that make one value of many rows, in the words of all dialects.
const AGGREGATES: &[&str] = &[
    "any_value",
    "approx_quantile",
    "arg_max",
    "arg_min",
    "array_agg",
    "avg",
    "bit_or",
    "bitor_agg",
    "bool_or",
    "boolor_agg",
    "count",
    "count_if",
    "countif",
    "logical_or",
    "max",
    "max_by",
    "median",
    "min",
    "min_by",
    "mode",
    "percentile_cont",
    "quantile_cont",
    "stddev",
    "stddev_samp",
    "sum",
    "variance",
];

impl Visitor for Counted {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &sqlparser::ast::ObjectName) -> ControlFlow<()> {
        // A step of the statement has a name of one part.
        self.scans += u32::from(name.to_string().contains('.'));
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(call) = expr {
            let name = call.name.to_string().to_lowercase();
            let is_one = AGGREGATES.contains(&name.as_str()) && call.over.is_none();
            self.aggregates += u32::from(is_one);
        }
        ControlFlow::Continue(())
    }
}

fn line(of: &str, model: &Model, name: &str, grammar: &dyn Dialect) -> String {
    let spoken = dialect::find(name).expect("a dialect of segc");
    let mut diags = Diagnostics::default();
    let everything = super::compile::everything(model);
    let compiled = segc::compile(model, &everything, spoken, &mut |_, _| {}, &mut diags);
    assert!(!diags.has_errors(), "{diags:?}");
    let mut counted = Counted::default();
    for query in &compiled.queries {
        // The parser does not take that from DuckDB.
        let sql = query.sql.replace(" ignore nulls", "");
        let parsed = Parser::parse_sql(grammar, &sql).unwrap_or_else(|e| panic!("{e}"));
        let _ = parsed.visit(&mut counted);
    }
    let bytes: usize = compiled.queries.iter().map(|q| q.sql.len()).sum();
    format!(
        "{of:<22} {name:<10} {:>5} {:>10} {bytes:>9}\n",
        counted.scans, counted.aggregates
    )
}

fn lines(table: &mut String, of: &str, model: &Model) {
    let grammars: [(&str, &dyn Dialect); 3] = [
        ("duckdb", &DuckDbDialect {}),
        ("bigquery", &BigQueryDialect {}),
        ("snowflake", &SnowflakeDialect {}),
    ];
    for (name, grammar) in grammars {
        let _ = write!(table, "{}", line(of, model, name, grammar));
    }
}

/// A benchmark's project, as the library reads it.
fn model_of(folder: &Path) -> Model {
    super::compile::model(folder, None)
}

#[test]
fn what_the_benchmarks_compile_to_is_known() {
    let mut table = format!(
        "{:<22} {:<10} {:>5} {:>10} {:>9}\n",
        "project", "dialect", "scans", "aggregates", "bytes"
    );
    for n in [100, 300] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        super::project::write(folder.path(), &super::segments::segments(n));
        lines(
            &mut table,
            &format!("fused, {n} segments"),
            &model_of(folder.path()),
        );
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    super::many::write(folder.path(), 500);
    // Under the names that the other benchmark's files have.
    let specs = folder.path().join("segments");
    for (from, to) in [
        ("customer.yml", "entities.yml"),
        ("segments_000.yml", "segments.yml"),
    ] {
        std::fs::rename(specs.join(from), specs.join(to)).expect("renamed");
    }
    lines(
        &mut table,
        "compile, 500 segments",
        &model_of(folder.path()),
    );
    insta::assert_snapshot!(table);
}
