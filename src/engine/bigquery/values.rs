//! Results as BigQuery sends them, and as the values that every engine gives.
//! <https://cloud.google.com/bigquery/docs/reference/rest/v2/jobs/getQueryResults>

use crate::engine::{Rows, Value};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jiff::civil::{DateTime, Time};
use serde_json::Value as Json;

/// A column, or a field of one.
pub(super) struct Field {
    name: String,
    kind: String,
    is_repeated: bool,
    fields: Vec<Self>,
    /// Of a NUMERIC, where it has one.
    scale: Option<usize>,
    precision: Option<usize>,
}

impl Field {
    /// The columns of a result; a statement that is no query has none.
    pub(super) fn all(schema: Option<&Json>) -> Vec<Self> {
        let fields = schema.and_then(|s| s.get("fields"));
        let fields = fields.and_then(Json::as_array).into_iter().flatten();
        fields.map(Self::of).collect()
    }

    fn of(field: &Json) -> Self {
        let text = |name| field.get(name).and_then(Json::as_str).unwrap_or_default();
        Self {
            name: text("name").to_owned(),
            kind: text("type").to_owned(),
            is_repeated: text("mode") == "REPEATED",
            fields: Self::all(Some(field)),
            scale: text("scale").parse().ok(),
            precision: text("precision").parse().ok(),
        }
    }

    /// Its type as `INFORMATION_SCHEMA` writes it; of a record no fields.
    fn type_name(&self) -> String {
        let digits = match (self.precision, self.scale) {
            (Some(precision), scale) => format!("({precision}, {})", scale.unwrap_or(0)),
            (None, _) => String::new(),
        };
        let one = if self.is_struct() {
            "STRUCT<>".to_owned()
        } else {
            format!("{}{digits}", self.kind)
        };
        if self.is_repeated {
            format!("ARRAY<{one}>")
        } else {
            one
        }
    }

    fn is_struct(&self) -> bool {
        matches!(self.kind.as_str(), "RECORD" | "STRUCT")
    }

    /// A cell; None is no cell of this type.
    fn value(&self, cell: &Json) -> Option<Value> {
        if cell.is_null() {
            return Some(Value::Null);
        }
        if self.is_repeated || self.is_struct() {
            return self.text(cell).map(Value::Text);
        }
        let text = cell.as_str()?;
        Some(match self.kind.as_str() {
            "INTEGER" | "INT64" => Value::Int(text.parse().ok()?),
            "FLOAT" | "FLOAT64" => Value::Float(text.parse().ok()?),
            "BOOLEAN" | "BOOL" => Value::Boolean(text.parse().ok()?),
            "TIMESTAMP" => Value::Text(format!("{}+00", instant(text)?)),
            _ => Value::Text(self.written(text)?),
        })
    }

    /// A cell inside of another, as the embedded engine prints it.
    fn text(&self, cell: &Json) -> Option<String> {
        if cell.is_null() {
            return Some("NULL".to_owned());
        }
        if self.is_repeated {
            let items = cell.as_array()?.iter();
            let items = items.map(|item| self.single(item.get("v")?));
            let items = items.collect::<Option<Vec<_>>>()?;
            return Some(format!("[{}]", items.join(", ")));
        }
        self.single(cell)
    }

    /// One cell of what may be a list of them.
    fn single(&self, cell: &Json) -> Option<String> {
        if cell.is_null() {
            return Some("NULL".to_owned());
        }
        if self.is_struct() {
            let cells = cell.get("f")?.as_array()?;
            let fields = self.fields.iter().zip(cells).map(|(field, cell)| {
                Some(format!("'{}': {}", field.name, field.text(cell.get("v")?)?))
            });
            let fields = fields.collect::<Option<Vec<_>>>()?;
            return Some(format!("{{{}}}", fields.join(", ")));
        }
        let text = cell.as_str()?;
        match self.kind.as_str() {
            "TIMESTAMP" => instant(text),
            "FLOAT" | "FLOAT64" => Some(text.parse::<f64>().ok()?.to_string()),
            _ => self.written(text),
        }
    }

    /// What is a text in every engine.
    fn written(&self, text: &str) -> Option<String> {
        Some(match self.kind.as_str() {
            "BYTES" => {
                use std::fmt::Write as _;
                let bytes = BASE64_STANDARD.decode(text).ok()?;
                bytes.iter().fold(String::new(), |mut hex, byte| {
                    let _ = write!(hex, "{byte:02x}");
                    hex
                })
            }
            "DATETIME" => {
                let at: DateTime = text.parse().ok()?;
                format!("{} {}", at.date(), at.time())
            }
            "TIME" => text.parse::<Time>().ok()?.to_string(),
            "NUMERIC" | "BIGNUMERIC" => self.padded(text),
            _ => text.to_owned(),
        })
    }

    /// A decimal with all digits of its type.
    fn padded(&self, text: &str) -> String {
        let Some(scale) = self.scale else {
            return text.to_owned();
        };
        let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
        let dot = if digits == 0 && scale > 0 { "." } else { "" };
        format!("{text}{dot}{}", "0".repeat(scale.saturating_sub(digits)))
    }
}

/// The names and types of columns, a row each.
pub(super) fn described(fields: &[Field]) -> Rows {
    let row = |field: &Field| {
        let name = Value::Text(field.name.clone());
        vec![name, Value::Text(field.type_name())]
    };
    Rows {
        columns: ["column_name", "data_type"].map(str::to_owned).to_vec(),
        rows: fields.iter().map(row).collect(),
    }
}

/// An instant in UTC: microseconds since 1970, or seconds as a float where a server knows no other.
fn instant(text: &str) -> Option<String> {
    let micros = match text.parse::<i64>() {
        Ok(micros) => micros,
        Err(_) => {
            let seconds: f64 = text.parse().ok()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "instants of the server are between the years 1 and 9999"
            )]
            let micros = (seconds * 1e6).round() as i64;
            micros
        }
    };
    let at = jiff::Timestamp::from_microsecond(micros).ok()?;
    let at = jiff::tz::TimeZone::UTC.to_datetime(at);
    Some(format!("{} {}", at.date(), at.time()))
}

/// Adds a page's rows. None where they are not as the columns say.
pub(super) fn add(rows: &mut Rows, columns: &[Field], page: &Json) -> Option<()> {
    let found = page.get("rows").and_then(Json::as_array);
    for row in found.into_iter().flatten() {
        let cells = row.get("f")?.as_array()?;
        if cells.len() != columns.len() {
            return None;
        }
        let values = columns
            .iter()
            .zip(cells)
            .map(|(column, cell)| column.value(cell.get("v")?));
        rows.rows.push(values.collect::<Option<Vec<_>>>()?);
    }
    Some(())
}

/// A result without rows.
pub(super) fn empty(columns: &[Field]) -> Rows {
    Rows {
        columns: columns.iter().map(|c| c.name.clone()).collect(),
        rows: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell(field: &Json, value: &Json) -> Option<Value> {
        Field::of(field).value(value)
    }

    #[test]
    fn scalars_are_as_the_embedded_engine_has_them() {
        let text = |text: &str| Value::Text(text.to_owned());
        for (kind, said, value) in [
            ("INTEGER", "-9223372036854775808", Value::Int(i64::MIN)),
            ("INT64", "7", Value::Int(7)),
            ("FLOAT", "1.5", Value::Float(1.5)),
            ("FLOAT64", "-Infinity", Value::Float(f64::NEG_INFINITY)),
            ("FLOAT", "inf", Value::Float(f64::INFINITY)),
            ("BOOLEAN", "true", Value::Boolean(true)),
            ("BOOL", "false", Value::Boolean(false)),
            ("STRING", "ü'\"\n", text("ü'\"\n")),
            ("DATE", "2024-02-29", text("2024-02-29")),
            ("NUMERIC", "10.5", text("10.5")),
            ("JSON", "{\"a\":1}", text("{\"a\":1}")),
            ("BYTES", "AP8=", text("00ff")),
            ("TIME", "09:00:00.500000", text("09:00:00.5")),
            (
                "DATETIME",
                "2026-01-31T09:00:00",
                text("2026-01-31 09:00:00"),
            ),
            (
                "TIMESTAMP",
                "1769850000123456",
                text("2026-01-31 09:00:00.123456+00"),
            ),
            (
                "TIMESTAMP",
                "1.7698500005E9",
                text("2026-01-31 09:00:00.5+00"),
            ),
            ("TIMESTAMP", "-1", text("1969-12-31 23:59:59.999999+00")),
        ] {
            let found = cell(&json!({"name": "x", "type": kind}), &json!(said));
            assert_eq!(found, Some(value), "{kind} {said}");
        }
        let nan = cell(&json!({"type": "FLOAT"}), &json!("NaN"));
        assert!(matches!(nan, Some(Value::Float(x)) if x.is_nan()));
        assert_eq!(
            cell(&json!({"type": "INTEGER"}), &Json::Null),
            Some(Value::Null)
        );
        let typed = json!({"type": "NUMERIC", "precision": "10", "scale": "2"});
        for (said, printed) in [("1.5", "1.50"), ("2", "2.00"), ("-0.25", "-0.25")] {
            assert_eq!(cell(&typed, &json!(said)), Some(text(printed)));
        }
    }

    #[test]
    fn what_is_inside_is_printed_as_the_embedded_engine_does() {
        let list = json!({"type": "TIMESTAMP", "mode": "REPEATED"});
        assert_eq!(
            cell(&list, &json!([{"v": "0"}, {"v": null}])),
            Some(Value::Text("[1970-01-01 00:00:00, NULL]".to_owned()))
        );
        let record = json!({"type": "RECORD", "mode": "REPEATED", "fields": [
            {"name": "a", "type": "INTEGER"},
            {"name": "b", "type": "RECORD", "fields": [{"name": "c", "type": "FLOAT", "mode": "REPEATED"}]},
        ]});
        let said = json!([{"v": {"f": [{"v": "1"}, {"v": {"f": [{"v": [{"v": "2.0"}]}]}}]}}]);
        assert_eq!(
            cell(&record, &said),
            Some(Value::Text("[{'a': 1, 'b': {'c': [2]}}]".to_owned()))
        );
    }

    #[test]
    fn what_is_not_of_its_type_is_no_value() {
        for (kind, said) in [
            ("INTEGER", json!("1.5")),
            ("INTEGER", json!(7)),
            ("BOOLEAN", json!("maybe")),
            ("TIMESTAMP", json!("soon")),
            ("DATETIME", json!("2026")),
            ("BYTES", json!("?")),
        ] {
            assert_eq!(cell(&json!({"type": kind}), &said), None, "{kind}");
        }
        let columns = Field::all(Some(&json!({"fields": [{"name": "a", "type": "STRING"}]})));
        let mut rows = empty(&columns);
        let page = json!({"rows": [{"f": [{"v": "x"}]}]});
        assert_eq!(add(&mut rows, &columns, &page), Some(()));
        let short = json!({"rows": [{"f": []}]});
        assert_eq!(add(&mut rows, &columns, &short), None);
        assert_eq!(rows.rows.len(), 1);
    }
}
