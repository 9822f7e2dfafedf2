//! The names of types, as users write them.

use crate::diag::nearest;
use crate::expr::Type;

/// How deep arrays of arrays may be.
const MAX_DEPTH: u32 = 4;

/// The type that other systems call so, or the nearest of ours.
pub fn nearest_type(written: &str) -> Option<&'static str> {
    let lower = written.to_lowercase();
    let word = lower
        .split(|c: char| !c.is_alphanumeric())
        .next()
        .unwrap_or("");
    match word {
        "varchar" | "text" | "char" | "uuid" => Some("string"),
        "bigint" | "integer" | "smallint" | "int64" | "tinyint" => Some("int"),
        "double" | "real" | "float64" => Some("float"),
        "numeric" | "number" => Some("decimal(18,2)"),
        "timestamptz" | "timestamp_tz" => Some("timestamp"),
        "bool" => Some("boolean"),
        _ => nearest(
            word,
            [
                "boolean",
                "int",
                "float",
                "string",
                "date",
                "timestamp",
                "datetime",
                "json",
            ],
        ),
    }
}

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

/// What to write instead of something that is no type.
#[must_use]
pub fn type_hint(text: &str) -> String {
    let lower = text.trim().to_ascii_lowercase();
    let word = lower.split(['(', '<', ' ']).next().unwrap_or("");
    let near = match word {
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
        "decimal" => {
            return "a decimal has up to 38 digits: `decimal(p,s)` with s ≤ p ≤ 38".to_owned();
        }
        "array" | "list" => return "write `array<string>`".to_owned(),
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
            return match nearest(other, names) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("types are {}, array<T>", names.join(", ")),
            };
        }
    };
    format!("write `{near}`")
}
