//! The names of types, as users write them.

use crate::diag::nearest;
use crate::expr::Type;

/// How deep arrays of arrays may be.
const MAX_DEPTH: u32 = 4;

/// Parses a column type as users write it: `decimal(10,2)`, `array<string>`.
#[must_use]
pub fn parse_type(text: &str) -> Option<Type> {
    parse(text.trim(), MAX_DEPTH)
}

fn parse(text: &str, depth: u32) -> Option<Type> {
    let lower = text.to_ascii_lowercase();
    let ty = match lower.as_str() {
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "float" => Type::Float,
        "decimal" => Type::Decimal {
            precision: 38,
            scale: 9,
        },
        "string" => Type::String,
        "date" => Type::Date,
        "timestamp" => Type::Timestamp,
        "datetime" => Type::Datetime,
        "json" => Type::Json,
        other => return parametric(other, depth),
    };
    Some(ty)
}

fn parametric(text: &str, depth: u32) -> Option<Type> {
    if let Some(rest) = text.strip_prefix("array") {
        let item = rest.trim_start().strip_prefix('<')?.strip_suffix('>')?;
        let item = parse(item.trim(), depth.checked_sub(1)?)?;
        return Some(Type::Array(Box::new(item)));
    }
    let inside = text
        .strip_prefix("decimal")?
        .trim_start()
        .strip_prefix('(')?
        .strip_suffix(')')?;
    let (precision, scale) = match inside.split_once(',') {
        Some((p, s)) => (p.trim().parse::<u8>().ok()?, s.trim().parse::<u8>().ok()?),
        None => (inside.trim().parse::<u8>().ok()?, 0),
    };
    ((1..=38).contains(&precision) && scale <= precision)
        .then_some(Type::Decimal { precision, scale })
}

/// A type as it stands in YAML: inside `{ }` a comma ends a value that is not in quotes.
#[must_use]
pub fn quoted_type(ty: &str) -> String {
    if ty.contains(',') {
        format!("`\"{ty}\"`, in quotes")
    } else {
        format!("`{ty}`")
    }
}

/// As [`type_hint`], of a column's type in YAML.
#[must_use]
pub fn column_type_hint(written: &str) -> String {
    let text = written.trim();
    if text.contains('(') && !text.contains(')') {
        return "inside `{ }` a comma ends a value: put the type in quotes, as `\"decimal(18,2)\"`"
            .to_owned();
    }
    match near(text) {
        Some(ty) => format!("write {}", quoted_type(ty)),
        None => type_hint(text),
    }
}

/// What to write instead of something that is no type.
#[must_use]
pub fn type_hint(text: &str) -> String {
    if let Some(ty) = near(text) {
        return format!("write `{ty}`");
    }
    let lower = text.trim().to_ascii_lowercase();
    match first_word(&lower) {
        "decimal" => "a decimal has up to 38 digits: `decimal(p,s)` with s ≤ p ≤ 38".to_owned(),
        other => {
            let names = [
                "boolean",
                "int",
                "float",
                "decimal",
                "string",
                "date",
                "timestamp",
                "datetime",
                "json",
            ];
            match nearest(other, names) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("types are {}, array<T>", names.join(", ")),
            }
        }
    }
}

fn first_word(lower: &str) -> &str {
    lower.split(['(', '<', '[', ' ']).next().unwrap_or("")
}

/// What other systems' types are called here.
fn near(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_ascii_lowercase();
    if let Some(items) = lower.strip_suffix("[]") {
        return Some(match near(items).unwrap_or(items) {
            "int" => "array<int>",
            "float" => "array<float>",
            "boolean" => "array<boolean>",
            "date" => "array<date>",
            _ => "array<string>",
        });
    }
    Some(match first_word(&lower) {
        "varchar" | "text" | "char" | "character" | "nvarchar" | "bytes" | "uuid" | "str"
        | "enum" => "string",
        "integer" | "bigint" | "smallint" | "tinyint" | "int64" | "int32" | "int4" | "int8"
        | "hugeint" | "long" => "int",
        "double" | "real" | "float64" | "float32" | "float8" | "float4" => "float",
        "numeric" | "number" | "bignumeric" | "dec" | "money" => "decimal(18,2)",
        "bool" => "boolean",
        "timestamptz" | "timestamp_tz" | "timestamp_ltz" => "timestamp",
        "timestamp_ntz" | "timestamp_s" | "timestamp_ms" | "timestamp_ns" => "datetime",
        "variant" | "object" | "struct" | "map" | "jsonb" => "json",
        "array" | "list" => "array<string>",
        _ => return None,
    })
}
