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
    stopped(
        ENTITY,
        &csv,
        &[
            "S0615",
            "segments/entity.yml:3:18",
            "line 30002 of file `data/customers.csv` has 5 columns, and its header 3",
        ],
    );
}

/// Refused before anything is read in earnest, by `check` as by `build` and `plan`; what it says.
fn stopped(entity: &str, csv: &str, expected: &[&str]) -> String {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (code, said) = build(dir.path(), entity, ADULTS, csv);
    assert_eq!(code, Some(1), "{said}");
    for part in expected {
        assert!(said.contains(part), "no {part:?} in\n{said}");
    }
    assert!(!said.contains("as epoch"), "{said}");
    for command in ["check", "plan"] {
        let output = Command::new(env!("CARGO_BIN_EXE_segc"))
            .args([command, "--no-color"])
            .current_dir(dir.path())
            .output()
            .expect("segc runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {told}");
        assert!(told.contains(expected[0]), "{command}: {told}");
    }
    said
}

#[test]
fn a_line_that_is_unlike_its_header_is_named_with_its_columns() {
    for (csv, expected) in [
        // The engine takes each line of these for one column.
        (
            "customer_id,country,age\n1,US,20\n2,New York, NY,30\n3,US,40\n",
            "line 3 of file `data/customers.csv` has 4 columns, and its header 3",
        ),
        (
            "customer_id;country;age\n1;US;20\n\n2;US\n3;US;40\n",
            "line 4 of file `data/customers.csv` has 2 columns, and its header 3",
        ),
        (
            "customer_id,country,age\n1,\"a, b\",20\n2,\"US,30\n3,\"a, b\",40\n",
            "a quote in line 3 of file `data/customers.csv` does not end with its column",
        ),
        // And here it takes all quotes for text, and `"1"` would be a key.
        (
            "customer_id,country,age\n\"1\",\"US\",20\n\"2\",\"US,30\n\"3\",\"US\",40\n",
            "a quote in line 3 of file `data/customers.csv` does not end with its column",
        ),
    ] {
        let entity = ENTITY.replace("{customer_id: int, ", "{");
        stopped(&entity, csv, &["S0615", expected]);
        let said = stopped(ENTITY, csv, &["S0615", expected]);
        assert!(!said.contains("New York, NY,30"), "{said}");
    }
}

#[test]
fn quotes_that_are_read_as_they_are_meant_stop_nothing() {
    for value in [
        "\"a \\\"b\\\" c\"",
        "5\" pipe",
        "\"a, \"\"b\"\"\"",
        "\"two\nlines\"",
        " \"a\"",
    ] {
        let csv = format!("customer_id,country,age\n1,{value},20\n2,\"US\",20\n");
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (code, said) = build(dir.path(), ENTITY, ADULTS, &csv);
        assert_eq!(code, Some(0), "{value}: {said}");
    }
}

#[test]
fn a_row_that_is_wider_than_its_one_column_is_not_taken_for_a_key() {
    let entity = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: string}
    suppress:
      - {name: opt_outs, table: file('data/opt_outs.csv'), key: customer_id, columns: {customer_id: string}}
";
    let spec = "segments:\n  - {name: all, where: customer_id is not null}\n";
    let shop = Shop::new(entity, spec, "customer_id\n1\n2\n\"3, b\"\n");
    shop.put("data/opt_outs.csv", "customer_id\n1\n2,journalist\n");
    let (code, said) = shop.build("2026-01-01");
    assert_eq!(code, Some(1), "{said}");
    let expected = "line 3 of file `data/opt_outs.csv` has 2 columns, and its header 1";
    assert!(said.contains(expected), "{said}");
    shop.put(
        "data/opt_outs.csv",
        "customer_id\n1\n\"2, a\"\n\"say \\\"b\\\"\"\n",
    );
    shop.built("2026-01-01");
    assert_eq!(shop.members("all"), "2 3, b");
}

#[test]
fn a_line_that_begins_like_a_comment_is_a_row() {
    let entity = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: string, vip: boolean}
    suppress:
      - {name: opt_outs, table: file('data/opt_outs.csv'), key: customer_id, columns: {customer_id: string}}
";
    let spec = "segments:\n  - {name: all, where: vip}\n  - {name: known, where: {in_list: press}}\nlists:\n  - {name: press, file: data/press.csv, key: customer_id}\n";
    let customers = "customer_id,vip\n#1,true\n#2,true\n3,true\n";
    let shop = Shop::new(entity, spec, customers);
    shop.put("data/opt_outs.csv", "customer_id,since\n#2,2026\n4,2026\n");
    shop.put("data/press.csv", "customer_id,name\n#1,a\n3,b\n");
    shop.built("2026-01-01");
    assert_eq!(shop.members("all"), "#1 3");
    assert_eq!(shop.members("known"), "#1 3");
    // Nor is it one where it stands above the header, or has no columns.
    for (lines, expected) in [
        (
            "# exported\ncustomer_id,vip\n1,true\n",
            "let the first line name all columns",
        ),
        ("customer_id,vip\n# sum\n1,true\n", "line 2 of file"),
    ] {
        shop.put("data/customers.csv", lines);
        let (code, said) = shop.build("2026-01-02");
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(expected), "no {expected} in\n{said}");
    }
}

/// An entity with one more column of this type.
fn with(ty: &str) -> String {
    ENTITY.replace("age: int}", &format!("age: int, x: \"{ty}\"}}"))
}

/// Customers with these texts in the last column.
fn texts(texts: &[&str]) -> String {
    let rows = (1..).zip(texts).map(|(n, x)| format!("{n},US,20,{x}\n"));
    format!("customer_id,country,age,x\n{}", rows.collect::<String>())
}

#[test]
fn a_value_that_a_declared_type_would_change_stops_everything() {
    for (ty, values, expected) in [
        (
            "int",
            &["7", "1.5", "2.25"][..],
            &[
                "column `x` of file `data/customers.csv` has 2 values that int would change",
                "the first is in line 3, written `#.#`",
                "`x: decimal(18,2)`",
            ][..],
        ),
        // What a spreadsheet makes of a long number, and what is no number of the language.
        (
            "int",
            &["4.91701E+11"],
            &["it is in line 2, written `#.#####E+##`", "`x: string`"],
        ),
        ("int", &["1e3"], &["written `#e#`"]),
        (
            "int",
            &["0x10"],
            &["written `#x##`", "not written in digits"],
        ),
        ("int", &["1_000"], &["written `#_###`"]),
        (
            "decimal(12,2)",
            &["10.00", "10.005"],
            &["written `##.###`", "`x: decimal(13,3)`"],
        ),
        (
            "decimal(12,2)",
            &["1.2345e1"],
            &["1 value that decimal(12,2) would change"],
        ),
        ("decimal(20,0)", &["4.9e10"], &["written `#.#e##`"]),
        (
            "date",
            &["2026-01-01", "2026-01-02 18:30:00"],
            &["it is in line 3", "cut off", "`x: timestamp`"],
        ),
        (
            "date",
            &["03/04/2026"],
            &["written `##/##/####`", "strptime(trim(x)"],
        ),
        ("date", &["2026-04-03x"], &["written `####-##-##x`"]),
        (
            "timestamp",
            &["03.04.2026 10:00"],
            &["written `##.##.#### ##:##`"],
        ),
        (
            "datetime",
            &["2026-04-03 10:00:00+02:00"],
            &["a zone moves it", "`x: timestamp`"],
        ),
    ] {
        let expected = [&["S0620", "segments/entity.yml:3:18"], expected].concat();
        stopped(&with(ty), &texts(values), &expected);
    }
}

#[test]
fn a_value_that_its_declared_type_holds_is_read_however_it_is_written() {
    for (ty, values) in [
        (
            "int",
            &["007", "1.0", "2.00", "+5", " 8 ", "-0", "", "\"9\""][..],
        ),
        (
            "decimal(12,2)",
            &["10", "10.0050e1", "0E-18", "1.5e2", "-.5", "5.", "3.140"],
        ),
        ("decimal(38,2)", &["1.25", "0.0E+3"]),
        (
            "date",
            &[
                "2026-04-03",
                "2026-4-3",
                "2026-04-03 00:00:00",
                "2026-04-03T00:00:00.000Z",
                "infinity",
            ],
        ),
        (
            "timestamp",
            &[
                "2026-04-03",
                "2026-04-03T10:00:00.5Z",
                "2026-04-03 10:00:00+02:00",
                "2026-04-03 10:00",
            ],
        ),
        (
            "datetime",
            &["2026-04-03", "2026-04-03T10:00:00.123", "2026-04-03 10:00"],
        ),
        ("string", &["1.5", "03/04/2026", "1e3"]),
        ("float", &["1.5", "1e3", "0.1"]),
        ("boolean", &["true", "f", "1"]),
    ] {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (code, said) = build(dir.path(), &with(ty), ADULTS, &texts(values));
        assert_eq!(code, Some(0), "{ty}: {said}");
    }
}

#[test]
fn a_text_that_is_nothing_of_its_type_is_said_to_be_unreadable() {
    for (ty, value) in [
        ("int", "n/a"),
        ("decimal(12,2)", "1.2.3"),
        ("date", "never"),
    ] {
        let csv = texts(&["", value]);
        let spec = "segments:\n  - {name: known, where: x is not null}\n";
        refused(&with(ty), spec, &csv, &["S0615", "column `x`", "Line: 3"]);
    }
}

/// The line is that of an editor, and nothing of the value is told, for it may be about a person.
#[test]
fn the_line_of_a_changed_value_is_found_behind_blank_lines_and_quotes() {
    let csv = "customer_id,country,age\n1,\"U\nS\",20\n\n3,US,4917.5\n";
    let said = stopped(ENTITY, csv, &["S0620", "it is in line 5, written `####.#`"]);
    assert!(!said.contains("4917"), "{said}");
}

/// The keys of a list are of the type of the entity's key, and the list is looked at as any file.
#[test]
fn a_key_of_a_list_that_is_no_key_stops_everything() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(dir.path().join("press.csv"), "customer_id\n1\n1.6\n").expect("written");
    let spec = "lists:
  - {name: press, file: press.csv, key: customer_id}
segments:
  - {name: invited, where: [ {in_list: press} ]}
";
    let csv = "customer_id,country,age\n1,US,20\n2,US,20\n";
    let (code, said) = build(dir.path(), ENTITY, spec, csv);
    assert_eq!(code, Some(1), "{said}");
    for part in [
        "S0620",
        "segments/spec.yml:2",
        "it is in line 3, written `#.#`",
    ] {
        assert!(said.contains(part), "no {part:?} in\n{said}");
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
