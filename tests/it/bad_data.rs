//! Data that the engine cannot read or compute ends in a diagnostic with a place, and nothing is published.

use std::path::Path;
use std::process::Command;

use crate::people::Shop;

const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, country: string, age: int}
";

/// Builds a project of these customers; its exit status and what it said.
fn build(dir: &Path, entity: &str, spec: &str, csv: &str) -> (Option<i32>, String) {
    let write = |path: &str, text: &str| {
        let to = dir.join(path);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(to, text).expect("written");
    };
    write("segc.yml", "name: p\nversion: 1\nas_of: 2026-01-31\n");
    write("segments/entity.yml", entity);
    write("segments/spec.yml", spec);
    write("data/customers.csv", csv);
    let output = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["build", "--no-color"])
        .current_dir(dir)
        .output()
        .expect("segc runs");
    let said = String::from_utf8(output.stderr).expect("segc writes UTF-8");
    (output.status.code(), said)
}

fn refused(entity: &str, spec: &str, csv: &str, expected: &[&str]) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = build(dir.path(), entity, spec, csv);
    assert_eq!(code, Some(1), "{said}");
    for part in expected.iter().chain(&["nothing was published"]) {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
}

const ADULTS: &str = "segments:\n  - {name: adults, where: age >= 18}\n";

#[test]
fn a_declared_type_that_does_not_fit_is_shown_at_the_source() {
    refused(
        ENTITY,
        ADULTS,
        "customer_id,country,age\n1,US,old\n",
        &[
            "S0615",
            "segments/entity.yml:3:18",
            "column `age`",
            "Conversion Error: CSV Error on Line: 2 «…»",
        ],
    );
}

#[test]
fn a_row_with_too_many_fields_is_shown_at_the_source() {
    let mut csv = "customer_id,country,age\n".to_owned();
    for i in 0..30_000 {
        csv.push_str(&format!("{i},US,20\n"));
    }
    csv.push_str("1,2,3,4,5\n");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = build(dir.path(), ENTITY, ADULTS, &csv);
    assert_eq!(code, Some(1), "{said}");
    for part in ["S0610", "segments/entity.yml:3:18", "Line: 30002"] {
        assert!(
            said.contains(part),
            "no {part:?} in
{said}"
        );
    }
}

#[test]
fn a_query_that_fails_on_the_data_is_shown_where_it_is_written() {
    let entity = "entities:
  - name: customer
    table: {sql: \"select customer_id, cast(country as int) as age from read_csv('data/customers.csv')\"}
    key: customer_id
";
    refused(
        entity,
        ADULTS,
        "customer_id,country\n1,US\n",
        &["S0615", "segments/entity.yml:3:18", "column `age`"],
    );
}

#[test]
fn a_text_that_is_no_number_of_the_language_is_not_taken_for_one() {
    for text in ["12.5", "0x10", "1e2", "+5", "1_000"] {
        let csv = format!("customer_id,country,age\n1,{text},20\n");
        let spec = "segments:\n  - {name: bad, where: cast(country as int) > 1}\n";
        refused(ENTITY, spec, &csv, &["S0616", "segments/spec.yml:2:24"]);
    }
}

#[test]
fn an_expression_that_fails_on_the_data_is_shown_at_its_trait_or_segment() {
    let csv = "customer_id,country,age\n1,US,20\n";
    let spec = "segments:
  - {name: fine, where: age >= 18}
  - {name: bad, where: cast(country as int) > 1}
  - {name: uses_it, where: {not_in: bad}}
";
    refused(
        ENTITY,
        spec,
        csv,
        &["S0616", "segments/spec.yml:3:24", "`bad`", "1 error"],
    );
    let spec = "traits:
  - {name: number, sql: cast(country as int)}
segments:
  - {name: a, where: number > 1}
";
    refused(
        ENTITY,
        spec,
        csv,
        &[
            "S0616",
            "segments/spec.yml:2:25",
            "trait `number`",
            "1 error",
        ],
    );
    // Of several conditions, the one that fails.
    let spec = "segments:
  - name: bad
    where:
      - age >= 18
      - not: cast(country as int) > 1
";
    refused(
        ENTITY,
        spec,
        csv,
        &["S0616", "segments/spec.yml:5:14", "`bad`", "1 error"],
    );
}

#[test]
fn a_condition_of_the_entity_that_fails_on_the_data_is_shown_at_its_place() {
    let csv = "customer_id,country,age\n1,US,20\n";
    let spec = "segments:\n  - {name: fine, where: age >= 18, channels: [post]}\n";
    let entity = |suppress: &str, post: &str| {
        format!(
            "{ENTITY}    suppress:\n      - age > 99\n      - {suppress}\n    channels: {{post: {post}}}\n"
        )
    };
    let wrong = "cast(country as int) > 1";
    refused(
        &entity(wrong, "age > 20"),
        spec,
        csv,
        &[
            "S0616",
            "segments/entity.yml:8:9",
            "suppress of `customer`",
            "1 error",
        ],
    );
    refused(
        &entity("age > 98", wrong),
        spec,
        csv,
        &[
            "S0616",
            "segments/entity.yml:9:22",
            "channel `post` of `customer`",
            "1 error",
        ],
    );
}

#[test]
fn what_the_data_warn_of_stops_a_build_that_takes_warnings_for_errors() {
    let shop = Shop::new(
        "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
    relations:
      - {name: orders, table: file('data/orders.csv'), on: customer_id, time: at, columns: {customer_id: int, at: timestamp}}
",
        "segments:\n  - {name: buyers, where: [ {did: orders} ]}\n",
        "customer_id,vip\n1,true\n2,false\n",
    );
    shop.put(
        "data/orders.csv",
        "customer_id,at\n1,2025-12-01 10:00:00\n2,\n",
    );
    let build = |more: &[&str]| shop.segc(&[&["build", "--as-of", "2026-01-02"], more].concat());
    let (code, said) = build(&["--warn-error"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("error[S0614]") && said.contains("nothing was published"),
        "{said}"
    );
    let (code, said) = build(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("warning[S0614]") && said.contains("as epoch 1"),
        "{said}"
    );
}

#[test]
fn the_first_row_of_a_file_without_a_header_is_not_shown() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let csv = "Ada,ada@example.com,36\nBob,bob@example.com,40\n";
    let (code, said) = build(dir.path(), ENTITY, ADULTS, csv);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "S0308",
        "has no column `country`",
        "a line of its columns' names",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    for part in ["Ada", "ada@", "36"] {
        assert!(!said.contains(part), "{part:?} in\n{said}");
    }
}
