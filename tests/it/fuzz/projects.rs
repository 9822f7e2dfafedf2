//! Whole projects: a hostile file beside good ones goes as far through the program as it is taken: read, resolved, linted,
//! planned, written as SQL, told in words. So do rows of tests, from CSV and Parquet files.

use super::{Target, seeds, sound};
use crate::cases;
use segc::diag::Diagnostics;
use segc::ir::Selection;
use segc::manifest::{Names, manifest};
use segc::model::{Model, SegmentId, words};
use segc::project::select::{Wanted, select};
use segc::source::SourceMap;
use segc::why::{Depth, Question};
use std::path::Path;

pub(super) const KEYS: &[&str] = &[
    "entities:\n",
    "traits:\n",
    "segments:\n",
    "groups:\n",
    "splits:\n",
    "lists:\n",
    "tests:\n",
    "- name: ",
    "where: ",
    "where:\n",
    "did: orders",
    "did_not: orders",
    "within: 30 days",
    "before: 1 year",
    "between: [90 days, 30 days]",
    "since: 2026-01-01",
    "until: 2026-02-01",
    "during: last month",
    "during: 2025-Q4",
    "next: 7 days",
    "times: '>= 3'",
    "is: '> 5'",
    "sum: orders.total",
    "count: orders",
    "avg: orders.total",
    "count_distinct: items.product.category",
    "first: orders.channel",
    "max: orders.ordered_at",
    "list_distinct: orders.status",
    "days_since_last: orders",
    "rank: ",
    "percentile: ",
    "ntile: {of: ",
    "quintile: ",
    "buckets: 4",
    "among: ",
    "per: country",
    "ties: break",
    "order: asc",
    "population: {avg: ",
    "quantile: ",
    "at: 0.9",
    "top: 10%",
    "bottom: 3",
    "by: ",
    "first_time: orders",
    "stopped: visits",
    "restarted: orders",
    "regularly: orders",
    "active: 90 days",
    "quiet: 30 days",
    "every: 1 month",
    "periods: 3 of 6",
    "in: ",
    "not_in: [",
    "in_list: ",
    "anniversary: birth_date",
    "entered: ",
    "exited: ",
    "member_for: {",
    "sequence:\n",
    "same: ",
    "total: 14 days",
    "sql: {duckdb: \"",
    "type: boolean",
    "all: [",
    "any: [",
    "none: [",
    "not: ",
    "at_least: 2",
    "at_most: 1",
    "exactly: 1",
    "of: [",
    "for_each: {country: [US, CA]}",
    "{{ country }}",
    "expose: [",
    "channels: [email]",
    "size: {min: 1, max_share: 40%}",
    "max_change: 20%",
    "review_every: 6 months",
    "reviewed_on: 2026-01-01",
    "expires_on: 2027-01-01",
    "suppress: false",
    "suppress_reason: x",
    "enabled: false",
    "renamed_from: ",
    "cases:\n",
    "otherwise: ",
    "salt: x",
    "arms: {a: 50%, b: 50%}",
    "table: {sql: \"select 1\"}",
    "table: file('a.csv')",
    "key: ",
    "columns: {",
    "relations:\n",
    "lookups:\n",
    "via: orders",
    "on: ",
    "time: ",
    "time_zone: ",
    "valid: {from: ",
    "default: 0",
    "given:\n",
    "expect: {members: [1]}",
    "as_of: 2026-01-31",
    "-3 days",
    "country",
    "orders",
    "customer",
    "date",
    "decimal(9,2)",
    "array<string>",
    "json",
    "allow: [{lint: ",
    "kept_for: 13 months",
    "entity: customer",
    "to: ",
    "fresh_within: 1 day",
    "min_rows: 5",
    "description: ",
    "owner: ",
    "tags: [",
    "meta: {",
    "vars: {",
    "includes: [",
    "excludes: [",
    "traits: {1: {",
    "group: ",
    "segment: ",
    "trait: ",
    "split: ",
    "arms: {1: a}",
];

/// A folder whose only changing file is the one under fire.
pub(super) struct Folder {
    dir: tempfile::TempDir,
}

impl Folder {
    pub(super) fn new(case: &str) -> Self {
        Self {
            dir: cases::lay_out(case),
        }
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn put(&self, name: &str, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// A spec file; one that has entities of its own stands alone.
    pub(super) fn put_spec(&self, bytes: &[u8]) {
        let base = include_bytes!("../../cases/base/segments/shop.yml");
        let alone =
            bytes.windows(10).any(|w| w == b"\nentities:") || bytes.starts_with(b"entities:");
        self.put("segments/shop.yml", if alone { b"" } else { base });
        self.put("segments/x.yml", bytes);
    }
}

/// Spec files of the repository.
pub(super) fn specs() -> Vec<Vec<u8>> {
    let all = seeds::yaml_files().into_iter();
    all.filter(|(path, _)| !path.ends_with("segc.yml") && !path.ends_with("base/segments/shop.yml"))
        .map(|(_, bytes)| bytes)
        .collect()
}

/// What is taken is compiled, told and listed; the model of it.
pub(super) fn through(folder: &Folder) -> Option<Model> {
    let mut case = cases::read(folder.path());
    sound::diagnostics(&case.diags, &case.sources);
    if case.diags.has_errors() {
        return None;
    }
    let model = case.model.expect("no model, and no word");
    let selection = select(
        &Wanted::default(),
        &model,
        &mut case.sources,
        &mut case.diags,
    );
    compiled(&model, &selection, &case.sources);
    for n in 0..u32::try_from(model.segments.len()).unwrap() {
        let told = words::segment(&model, SegmentId(n));
        assert!(!told.is_empty());
        let question = Question::new(&model, SegmentId(n), Depth::Rows).unwrap();
        let mut diags = Diagnostics::default();
        let _ = question.query(None, segc::dialect::embedded(), &mut diags);
        assert!(!diags.has_errors(), "{diags:?}");
    }
    Some(model)
}

fn compiled(model: &Model, selection: &Selection, sources: &SourceMap) {
    for dialect in segc::dialect::ALL {
        let compile = || {
            let mut diags = Diagnostics::default();
            let mut shown = 0;
            let compiled = segc::compile(
                model,
                selection,
                *dialect,
                &mut |_, plan| shown += plan.show(model).len(),
                &mut diags,
            );
            sound::diagnostics(&diags, sources);
            let texts: Vec<String> = compiled.queries.into_iter().map(|q| q.sql).collect();
            (texts, shown)
        };
        let (texts, shown) = compile();
        assert_eq!((texts, shown), compile(), "the same bytes twice");
        let names = Names {
            path_of: &|span| {
                sources
                    .get(span.file)
                    .map_or(String::new(), |f| f.path.clone())
            },
            relation_of: &str::to_owned,
        };
        let manifest = manifest(model, selection, *dialect, &names);
        assert!(!serde_json::to_string(&manifest).unwrap().is_empty());
    }
}

#[test]
fn specs_are_read_or_refused() {
    let folder = Folder::new("base");
    folder.put("linted", b"");
    for csv in seeds::csv_files().iter().take(2) {
        folder.put("a.csv", csv);
    }
    Target {
        name: "specs",
        test: "fuzz::projects::specs_are_read_or_refused",
        memory: 1024,
        seeds: &specs(),
        words: KEYS,
        cases: 60,
        check: &|bytes| {
            folder.put_spec(bytes);
            through(&folder);
        },
    }
    .run();
}

#[test]
fn expressions_in_their_place_are_typed_or_refused() {
    let folder = Folder::new("base");
    Target {
        name: "typed",
        test: "fuzz::projects::expressions_in_their_place_are_typed_or_refused",
        memory: 1024,
        seeds: &seeds::texts(),
        words: &[
            "country",
            "birth_date",
            "email",
            "email_opt_in",
            "home_store.city",
            "orders.total",
            "count(orders)",
            "sum(orders.total)",
            "max(orders.ordered_at)",
            "filter (where orders.channel = 'web')",
            "and",
            "or",
            "not",
            "=",
            "<",
            ">=",
            "<>",
            "+",
            "-",
            "*",
            "/",
            "%",
            "||",
            "(",
            ")",
            ",",
            "1",
            "0",
            "-1",
            "9223372036854775807",
            "0.1",
            "1e300",
            "'a'",
            "null",
            "true",
            "case when",
            "then",
            "else",
            "end",
            "in (",
            "between",
            "like",
            "is null",
            "is distinct from",
            "date '2026-01-31'",
            "timestamp '2026-01-31 09:00Z'",
            "interval '1' month",
            "as_of()",
            "today()",
            "cast(",
            "as int)",
            "as decimal(38,38))",
            "try_cast(",
            "as date)",
            "date_trunc('week',",
            "date_add('year',",
            "date_diff('day',",
            "extract(year from",
            "age(",
            "days_since(",
            "round(",
            "power(",
            "mod(",
            "greatest(",
            "coalesce(",
            "substr(",
            "split_part(",
            "regexp_matches(",
            "regexp_extract(",
            "'(a|b'",
            "replace(",
            "concat(",
            "['a', 'b']",
            "array_contains(",
            "any_in(",
            "json_text(",
            "'a.b'",
            "hash_bucket(",
            "md5(",
            "distance_km(",
            "var('vip_spend')",
            "var('countries')",
            "weekday(",
            "left(",
            "abs(",
            "ln(",
        ],
        cases: 100,
        check: &|bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else {
                return;
            };
            // As JSON, which is YAML.
            let text = serde_json::Value::from(text);
            let items = [
                "traits: [{name: t, sql: _}]",
                "traits: [{name: t, max: orders, of: _}]",
                "segments: [{name: s, where: _}]",
                "segments: [{name: s, where: {did: orders, where: _}}]",
                "segments: [{name: s, where: {sum: orders.total, is: _}}]",
                "segments: [{name: s, where: {did: orders, within: _}}]",
                "segments: [{name: s, where: {did: orders, during: _}}]",
                "segments: [{name: s, where: {top: 10%, by: _}}]",
            ];
            // One of the places, so that there is time for more texts.
            let spec = items[bytes.len() % items.len()].replace('_', &text.to_string());
            folder.put("segments/x.yml", spec.as_bytes());
            through(&folder);
        },
    }
    .run();
}

#[test]
fn rows_of_tests_from_csv_files_are_read_or_refused() {
    let folder = Folder::new("ok_tests");
    Target {
        name: "csv",
        test: "fuzz::projects::rows_of_tests_from_csv_files_are_read_or_refused",
        memory: 1024,
        seeds: &seeds::csv_files(),
        words: &[
            ",",
            "\n",
            "\"",
            "\"\"",
            "customer_id",
            "order_id",
            "ordered_at",
            "total",
            "status",
            "1",
            "-3 days",
            "2026-01-31",
            "12.50",
            "2026-01-31 09:00Z",
            "-1 second",
            "-999999999999 years",
            "true",
            "NULL",
            ";",
            "\t",
        ],
        cases: 100,
        check: &|bytes| {
            folder.put("fixtures/orders.csv", bytes);
            through(&folder);
        },
    }
    .run();
}
