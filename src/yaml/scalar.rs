//! What a plain scalar is in YAML 1.2's core schema: `no` and `2026-01-31` are text, `1.10` keeps its digits.

use super::NodeKind;

/// The value of a scalar without quotes.
pub(super) fn resolve(text: &str) -> NodeKind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return NodeKind::Null,
        "true" | "True" | "TRUE" => return NodeKind::Bool(true),
        "false" | "False" | "FALSE" => return NodeKind::Bool(false),
        _ => {}
    }
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if is_digits(digits) {
        return match text.parse() {
            Ok(int) => NodeKind::Int(int),
            Err(_) => NodeKind::Number(text.to_owned()),
        };
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        (!negative && digits.chars().all(|c| c.is_digit(radix)))
            .then(|| i64::from_str_radix(digits, radix).ok())
            .flatten()
    };
    if let Some(int) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return NodeKind::Int(int);
    }
    if is_float(digits) {
        return NodeKind::Number(text.to_owned());
    }
    NodeKind::String(text.to_owned())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    mantissa_fits && exponent.is_none_or(|e| is_digits(e.strip_prefix(['-', '+']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_and_nothing_older() {
        let text = |s: &str| NodeKind::String(s.to_owned());
        let number = |s: &str| NodeKind::Number(s.to_owned());
        for s in [
            "no",
            "yes",
            "on",
            "off",
            "y",
            "2026-01-31",
            "1_000",
            "0b1",
            ".inf",
            ".nan",
            "12:30",
            "-",
            "+",
            ".",
            "e5",
            "1e",
            "0x",
            "0xg",
            "--1",
        ] {
            assert_eq!(resolve(s), text(s), "{s}");
        }
        for s in ["1.", ".5", "0.10", "-1.5e+3", "1e3", "9223372036854775808"] {
            assert_eq!(resolve(s), number(s), "{s}");
        }
        assert_eq!(resolve("-9223372036854775808"), NodeKind::Int(i64::MIN));
        assert_eq!(resolve("007"), NodeKind::Int(7));
        assert_eq!(resolve("+7"), NodeKind::Int(7));
        assert_eq!(resolve("0x1F"), NodeKind::Int(31));
        assert_eq!(resolve("0o17"), NodeKind::Int(15));
        assert_eq!(resolve("NULL"), NodeKind::Null);
        assert_eq!(resolve("True"), NodeKind::Bool(true));
    }
}
