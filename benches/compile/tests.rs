//! A project of many tests: 100 segments of two windows and a threshold each, every test with people at both sides of an edge.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const SETTINGS: &str = "name: tested
version: 1
as_of: 2026-01-01
targets:
  dev: {type: duckdb, path: tested.duckdb}
";

const ENTITY: &str = "entities:
  - name: customer
    table: customers
    key: customer_id
    columns: {customer_id: int}
    relations:
      - name: orders
        table: orders
        on: customer_id
        time: ordered_at
        where: status = 'paid'
        columns: {customer_id: int, ordered_at: timestamp, total: 'decimal(12,2)', status: string}
      - name: visits
        table: visits
        on: customer_id
        time: visited_on
        columns: {customer_id: int, visited_on: date}
traits: [{name: revenue, sum: orders.total, within: 365 days}]
segments:
";

pub(crate) fn write_project(folder: &Path, n: usize) {
    let mut spec = ENTITY.to_owned();
    for n in 0..100 {
        let (near, far) = (n + 5, n + 10);
        let _ = writeln!(
            spec,
            "  - {{name: s{n}, where: [ {{did: orders, within: {far} days}}, {{did_not: visits, within: {near} days}}, revenue >= {n} ]}}"
        );
    }
    spec.push_str("tests:\n");
    for n in 0..n {
        let (segment, day) = (n % 100, 1 + n / 100 % 28);
        let (edge, visit) = (segment + 10, segment + 4);
        let _ = writeln!(
            spec,
            "  - name: test {n}
    segment: s{segment}
    as_of: 2026-01-{day:02} 09:00
    given:
      customer: [{{customer_id: 1}}, {{customer_id: 2}}, {{customer_id: 3}}]
      orders:
        - {{customer_id: 1, ordered_at: -{edge} days, total: {segment}, status: paid}}
        - {{customer_id: 2, ordered_at: -{edge} days -1 second, total: 500, status: paid}}
        - {{customer_id: 3, ordered_at: -{edge} days, total: 500, status: paid}}
      visits: [{{customer_id: 3, visited_on: -{visit} days}}]
    expect: {{members: [1]}}"
        );
    }
    fs::create_dir(folder.join("segments")).expect("the folder can be made");
    fs::write(folder.join("segc.yml"), SETTINGS).expect("segc.yml can be written");
    fs::write(folder.join("segments/tested.yml"), spec).expect("the spec can be written");
}
