//! Results as the SQL API writes them, read as the values that every engine gives: `jsonv2`, in which each cell is a text.
//! <https://docs.snowflake.com/en/developer-guide/sql-api/handling-responses#getting-the-data-from-the-results>

use super::super::{Rows, Value};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// A column of a result.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Column {
    pub(super) name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    scale: Option<u32>,
    #[serde(default)]
    precision: Option<u32>,
}

/// The names and types of columns, a row each.
pub(super) fn described(columns: &[Column]) -> Rows {
    let row = |column: &Column| {
        let digits = if column.kind.eq_ignore_ascii_case("fixed") {
            format!(
                "({},{})",
                column.precision.unwrap_or(38),
                column.scale.unwrap_or(0)
            )
        } else {
            String::new()
        };
        let ty = format!("{}{digits}", column.kind.to_uppercase());
        vec![Value::Text(column.name.clone()), Value::Text(ty)]
    };
    Rows {
        columns: ["column_name", "data_type"].map(str::to_owned).to_vec(),
        rows: columns.iter().map(row).collect(),
    }
}

impl Column {
    /// The value of a cell; None where it is not what its column says.
    pub(super) fn value(&self, cell: Option<&str>) -> Option<Value> {
        let Some(text) = cell else {
            return Some(Value::Null);
        };
        match self.kind.to_ascii_lowercase().as_str() {
            "fixed" => fixed(text, self.scale.unwrap_or(0)),
            "real" => text.parse().ok().map(Value::Float),
            "boolean" => match text.to_ascii_lowercase().as_str() {
                "true" | "1" => Some(Value::Boolean(true)),
                "false" | "0" => Some(Value::Boolean(false)),
                _ => None,
            },
            "date" => date(text).map(Value::Text),
            "time" => time(text).map(Value::Text),
            "timestamp_ntz" => timestamp(text, "").map(Value::Text),
            "timestamp_ltz" => timestamp(text, "+00").map(Value::Text),
            // The offset that it was written with does not change the instant.
            "timestamp_tz" => {
                let instant = text.split(' ').next().unwrap_or(text);
                timestamp(instant, "+00").map(Value::Text)
            }
            "array" => Some(Value::Text(list(text))),
            "variant" | "object" | "map" => Some(Value::Text(compact(text))),
            "binary" => Some(Value::Text(text.to_ascii_lowercase())),
            _ => Some(Value::Text(text.to_owned())),
        }
    }
}

/// A whole number where it can be one; decimals with all their digits.
fn fixed(text: &str, scale: u32) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if scale == 0 {
        return Some(
            text.parse()
                .map_or_else(|_| Value::Text(text.to_owned()), Value::Int),
        );
    }
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let width = usize::try_from(scale).ok()?;
    Some(Value::Text(format!("{whole}.{part:0<width$}")))
}

/// Days since 1970.
fn date(text: &str) -> Option<String> {
    let days = jiff::Span::new().try_days(text.parse::<i32>().ok()?).ok()?;
    let date = jiff::civil::date(1970, 1, 1).checked_add(days).ok()?;
    Some(date.to_string())
}

/// Seconds since midnight.
fn time(text: &str) -> Option<String> {
    let (seconds, nanos) = seconds(text)?;
    let at = jiff::civil::Time::midnight().checked_add(SignedDuration::new(seconds, nanos));
    at.ok().map(|at| at.to_string())
}

/// Seconds since 1970, printed as UTC.
fn timestamp(text: &str, zone: &str) -> Option<String> {
    let (seconds, nanos) = seconds(text)?;
    let at = Timestamp::from_duration(SignedDuration::new(seconds, nanos)).ok()?;
    let at = TimeZone::UTC.to_datetime(at);
    Some(format!("{} {}{zone}", at.date(), at.time()))
}

/// `-1.500000000` is minus one and a half.
fn seconds(text: &str) -> Option<(i64, i32)> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let seconds: i64 = whole.parse().ok()?;
    let nanos: i32 = format!("{part:0<9}").get(..9)?.parse().ok()?;
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Some((seconds, sign * nanos))
}

/// JSON without blanks: Snowflake indents it.
fn compact(text: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(text);
    value.map_or_else(|_| text.to_owned(), |value| value.to_string())
}

/// A list as engines print one: `[a, b]`.
fn list(text: &str) -> String {
    let Ok(items) = serde_json::from_str::<Vec<serde_json::Value>>(text) else {
        return compact(text);
    };
    let items = items.into_iter().map(|item| match item {
        serde_json::Value::Null => "NULL".to_owned(),
        serde_json::Value::String(text) => text,
        other @ (serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_)) => other.to_string(),
    });
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, scale: Option<u32>, cell: &str) -> Option<Value> {
        let column = Column {
            precision: None,
            name: "x".to_owned(),
            kind: kind.to_owned(),
            scale,
        };
        assert_eq!(column.value(None), Some(Value::Null));
        column.value(Some(cell))
    }

    #[test]
    fn a_number_is_described_with_its_digits() {
        let told = |column: &str| {
            let column: Column = serde_json::from_str(column).unwrap();
            described(&[column]).rows.concat()
        };
        for (column, ty) in [
            (
                r#"{"name": "N", "type": "FIXED", "precision": 12, "scale": 2}"#,
                "FIXED(12,2)",
            ),
            (
                r#"{"name": "N", "type": "fixed", "scale": 2}"#,
                "FIXED(38,2)",
            ),
            (r#"{"name": "N", "type": "fixed"}"#, "FIXED(38,0)"),
            (
                r#"{"name": "N", "type": "timestamp_tz", "scale": 9}"#,
                "TIMESTAMP_TZ",
            ),
        ] {
            let told = told(column);
            assert_eq!(
                told,
                [Value::Text("N".to_owned()), Value::Text(ty.to_owned())]
            );
        }
    }

    #[test]
    fn cells_are_the_values_that_every_engine_gives() {
        let text = |text: &str| Some(Value::Text(text.to_owned()));
        for (kind, scale, cell, value) in [
            ("fixed", Some(0), "-42", Some(Value::Int(-42))),
            (
                "fixed",
                Some(0),
                "99999999999999999999",
                text("99999999999999999999"),
            ),
            ("fixed", Some(2), "1.50", text("1.50")),
            ("fixed", Some(2), "-1.5", text("-1.50")),
            ("fixed", Some(2), "7", text("7.00")),
            ("fixed", Some(0), "x", None),
            ("real", None, "1e3", Some(Value::Float(1000.0))),
            ("real", None, "inf", Some(Value::Float(f64::INFINITY))),
            ("real", None, "x", None),
            ("BOOLEAN", None, "true", Some(Value::Boolean(true))),
            ("boolean", None, "false", Some(Value::Boolean(false))),
            ("boolean", None, "maybe", None),
            ("text", None, " a\\n", text(" a\\n")),
            ("date", None, "20484", text("2026-01-31")),
            ("date", None, "-1", text("1969-12-31")),
            ("date", None, "2026-01-31", None),
            ("time", Some(9), "32400.500000000", text("09:00:00.5")),
            (
                "timestamp_ntz",
                Some(9),
                "1769850000.000000000",
                text("2026-01-31 09:00:00"),
            ),
            (
                "timestamp_ltz",
                Some(9),
                "1769850000.120000000",
                text("2026-01-31 09:00:00.12+00"),
            ),
            (
                "timestamp_tz",
                Some(9),
                "1769850000.000000000 1500",
                text("2026-01-31 09:00:00+00"),
            ),
            (
                "timestamp_ntz",
                Some(9),
                "-1.500000000",
                text("1969-12-31 23:59:58.5"),
            ),
            ("timestamp_ntz", Some(0), "0", text("1970-01-01 00:00:00")),
            ("timestamp_ntz", None, "2026-01-31", None),
            (
                "array",
                None,
                "[\n  \"a\",\n  null,\n  2\n]",
                text("[a, NULL, 2]"),
            ),
            ("array", None, "[]", text("[]")),
            (
                "variant",
                None,
                "{\n  \"b\": 1,\n  \"a\": \"x\"\n}",
                text("{\"b\":1,\"a\":\"x\"}"),
            ),
            ("binary", None, "00FF", text("00ff")),
            ("geography", None, "POINT(1 2)", text("POINT(1 2)")),
        ] {
            assert_eq!(read(kind, scale, cell), value, "{kind} {cell}");
        }
    }
}
