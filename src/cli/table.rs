//! Tables of results, and values in words.

use crate::diag::plain::{page, steers};
use crate::engine::{Rows, Value};
use comfy_table::{CellAlignment, Table, presets};

/// A plain table: a head, rows, columns that are numbers to the right.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>, numbers: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(head.iter().map(|h| (*h).to_owned()));
    table.add_rows(rows);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 1));
    }
    for n in numbers {
        if let Some(column) = table.column_mut(*n) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    for line in table.to_string().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    page(&text)
}

/// `1,234,567`
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 entry`, `1,234 entries`
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// `12.3 %`
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A value as text; control characters cannot steer the terminal.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Boolean(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Text(text) => text
            .chars()
            .map(|c| if steers(c) { '\u{fffd}' } else { c })
            .collect(),
    }
}

/// A value as JSON.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Int(n) => (*n).into(),
        Value::Float(x) => (*x).into(),
        Value::Text(text) => text.as_str().into(),
    }
}

/// A field of a CSV file (RFC 4180). What a spreadsheet would take for a formula has an apostrophe before it; numbers and
/// telephone numbers are none.
fn csv_field(text: &str) -> String {
    let number = |c: char| c.is_ascii_digit() || " +-.,()/".contains(c);
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !text.chars().all(number) {
        &format!("'{text}")
    } else {
        text
    };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Rows as CSV with a head. NULL is an empty field, an empty string is `""`.
pub(super) fn csv(rows: &Rows) -> String {
    let mut out = rows
        .columns
        .iter()
        .map(|c| csv_field(c))
        .collect::<Vec<_>>()
        .join(",");
    out.push('\n');
    for row in &rows.rows {
        let fields: Vec<String> = row
            .iter()
            .map(|v| match v {
                Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
                Value::Text(text) => csv_field(text),
                Value::Null | Value::Boolean(_) | Value::Int(_) | Value::Float(_) => value(v),
            })
            .collect();
        out.push_str(&fields.join(","));
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
    }

    #[test]
    fn csv_fields_are_quoted_where_they_must_be() {
        let rows = Rows {
            columns: vec!["a,b".to_owned(), "c".to_owned()],
            rows: vec![vec![Value::Null, Value::Text("say \"x\"\n".to_owned())]],
        };
        assert_eq!(csv(&rows), "\"a,b\",c\n,\"say \"\"x\"\"\n\"\n");
    }

    /// Catalogue: H18.
    #[test]
    fn a_spreadsheet_finds_no_formula() {
        for (text, field) in [
            ("=1+1", "'=1+1"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+SUM(A1)", "'+SUM(A1)"),
            ("-2+3+cmd|x", "'-2+3+cmd|x"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("+49 (170) 123-4567", "+49 (170) 123-4567"),
            ("-12.5", "-12.5"),
            ("a=1", "a=1"),
        ] {
            assert_eq!(csv_field(text), field);
        }
    }
}
