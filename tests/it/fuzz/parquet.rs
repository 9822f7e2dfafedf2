//! Parquet files that rows of tests are taken from, which the engine reads: broken ones are refused, whatever is broken.

use super::Target;
use duckdb::Connection;
use segc::diag::Diagnostics;
use segc::expr::Type;
use segc::model::Column;
use segc::source::{SourceMap, Span, Spanned};
use segc::testing::fixture;
use std::path::Path;

const FILES: [&str; 3] = [
    "select i as id, 'x' || i as name, i * 1.5 as total, date '2026-01-01' + i::integer as day from range(20) as t(i)",
    "select null::integer as id, null::varchar as name where false",
    "select i % 3 as id, repeat('ab', i) as name, (i * 0.25)::decimal(9, 2) as total, [i, i + 1] as items, \
     case when i % 2 = 0 then to_timestamp(1767225600 + i * 3600) end as at from range(300) as t(i)",
];

fn seeds(folder: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open_in_memory().unwrap();
    let file = folder.join("seed.parquet");
    let write = |sql: &&str| {
        let path = file.display();
        let copy = format!("copy ({sql}) to '{path}' (format parquet)");
        connection.execute_batch(&copy).unwrap();
        std::fs::read(&file).unwrap()
    };
    FILES.iter().map(write).collect()
}

#[test]
fn rows_of_tests_from_parquet_files_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = SourceMap::default();
    let path = "rows.parquet".to_owned();
    let file = sources.add("tests.yml", path.clone());
    let span = Span::new(file, 0, path.len());
    let path = Spanned { value: path, span };
    let column = |name: &str, ty| Column {
        name: name.to_owned(),
        ty,
        declared: true,
        is_record: false,
    };
    let columns = [column("id", Type::Int), column("name", Type::String)];
    Target {
        name: "parquet",
        test: "fuzz::parquet::rows_of_tests_from_parquet_files_are_read_or_refused",
        memory: 4096,
        seeds: &seeds(folder.path()),
        words: &["PAR1", "\0\0\0\0", "\u{7f}", "id", "name", "schema"],
        cases: 60,
        check: &|bytes| {
            std::fs::write(folder.path().join("rows.parquet"), bytes).unwrap();
            let mut diags = Diagnostics::default();
            let dialect = segc::dialect::embedded();
            let read = fixture::read(folder.path(), &path, &columns, dialect, &mut diags);
            assert_eq!(read.is_none(), diags.has_errors());
            super::sound::diagnostics(&diags, &sources);
        },
    }
    .run();
}
