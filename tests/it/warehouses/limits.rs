//! Statements stay below what a warehouse takes, or are refused before anything is sent.

use super::statements::row_cases;
use segc::diag::Diagnostics;
use segc::dialect;
use segc::ir::Selection;
use segc::model::{Model, SegmentId};

/// What is said of a list with so many keys.
fn said(dialect: &str, keys: usize) -> Vec<(&'static str, String)> {
    let (.., mut model): (_, _, Model) = row_cases()
        .find(|(name, ..)| name == "people:0")
        .expect("the case of lists");
    for keyed in model.tables.iter_mut().filter_map(|t| t.keys.as_mut()) {
        keyed.values = Some((0..keys).map(|n| format!("customer-{n:06}")).collect());
    }
    let mut diags = Diagnostics::default();
    let segments = (0..model.segments.len()).map(|n| SegmentId(u32::try_from(n).unwrap()));
    let selection = Selection {
        segments: segments.collect(),
        ..Selection::default()
    };
    let dialect = dialect::find(dialect).expect("the dialect");
    segc::compile(&model, &selection, dialect, &mut |_, _| {}, &mut diags);
    (diags.iter())
        .map(|d| (d.code.id, d.message.clone()))
        .collect()
}

#[test]
fn a_statement_that_is_too_long_is_refused_before_it_is_sent() {
    for dialect in ["bigquery", "snowflake"] {
        assert_eq!(said(dialect, 30_000), [], "{dialect}");
        let said = said(dialect, 60_000);
        let [(id, message)] = said.as_slice() else {
            panic!("{said:?}");
        };
        assert_eq!(*id, "S0502");
        assert!(
            message.starts_with("what is asked of `customer` is 1")
                && message.ends_with(&format!("and {dialect} takes 900")),
            "{message}"
        );
    }
    assert_eq!(said("duckdb", 60_000), [], "a file is read there");
}
