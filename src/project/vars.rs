//! The project's vars as typed literals, for expressions.

use crate::diag::codes::spec::BAD_VAR;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Literal, Type};
use crate::snippet::literal::parse_number;
use crate::spec::Settings;
use crate::yaml::{Node, NodeKind};

/// Every var of the project; one that no expression can take is left out ([`check`] reports it).
#[must_use]
pub fn literals(settings: &Settings) -> Vec<(String, Literal, Type)> {
    settings
        .vars
        .iter()
        .filter_map(|(name, node)| {
            let (value, ty) = literal(node)?;
            Some((name.value.clone(), value, ty))
        })
        .collect()
}

/// Reports every var that no expression can take, [`literals`] leaves these out.
pub fn check(settings: &Settings, diags: &mut Diagnostics) {
    for (name, node) in &settings.vars {
        if literal(node).is_none() {
            diags.push(
                Diagnostic::error(
                    &BAD_VAR,
                    format!("the var `{}` has values that do not go together", name.value),
                )
                .at(
                    node.span,
                    "expected texts, or whole numbers and decimals of at most 38 digits, or only truth values",
                )
                .help("write values of one kind, or make it several vars"),
            );
        }
    }
}

fn literal(node: &Node) -> Option<(Literal, Type)> {
    Some(match &node.kind {
        NodeKind::Null => (Literal::Null, Type::Null),
        NodeKind::Bool(b) => (Literal::Boolean(*b), Type::Boolean),
        NodeKind::Int(n) => (Literal::Int(*n), Type::Int),
        NodeKind::Number(text) => {
            let (digits, negative) = match text.strip_prefix('-') {
                Some(digits) => (digits, true),
                None => (text.strip_prefix('+').unwrap_or(text), false),
            };
            let value = parse_number(digits, negative).ok()?;
            let ty = type_of(&value);
            (value, ty)
        }
        NodeKind::String(text) => (Literal::String(text.clone()), Type::String),
        NodeKind::List(items) => {
            let items: Vec<(Literal, Type)> = items.iter().map(literal).collect::<Option<_>>()?;
            let (values, ty) = alike(items)?;
            (Literal::Array(values), Type::Array(Box::new(ty)))
        }
        NodeKind::Map(_) => return None,
    })
}

/// The type of a number.
fn type_of(value: &Literal) -> Type {
    match value {
        Literal::Float(_) => Type::Float,
        Literal::Decimal { digits, scale } => {
            let whole = digits.unsigned_abs().to_string().len();
            let precision = u8::try_from(whole).unwrap_or(38).max(*scale).clamp(1, 38);
            Type::Decimal {
                precision,
                scale: *scale,
            }
        }
        Literal::Null
        | Literal::Boolean(_)
        | Literal::Int(_)
        | Literal::String(_)
        | Literal::Date(_)
        | Literal::Timestamp(_)
        | Literal::Datetime(_)
        | Literal::Array(_) => Type::Int,
    }
}

/// Items of one type: decimals are brought to one scale, whole numbers among them too.
fn alike(items: Vec<(Literal, Type)>) -> Option<(Vec<Literal>, Type)> {
    let Some((_, first)) = items.first() else {
        return Some((Vec::new(), Type::Null));
    };
    if items.iter().all(|(_, ty)| ty == first) {
        let ty = first.clone();
        return Some((items.into_iter().map(|(value, _)| value).collect(), ty));
    }
    let scale = items
        .iter()
        .map(|(value, _)| match value {
            Literal::Decimal { scale, .. } => Some(*scale),
            Literal::Int(_) => Some(0),
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_) => None,
        })
        .try_fold(0, |most, scale| Some(scale?.max(most)))?;
    let mut values = Vec::new();
    for (value, _) in &items {
        let (digits, own) = match value {
            Literal::Decimal { digits, scale } => (*digits, *scale),
            Literal::Int(n) => (i128::from(*n), 0),
            Literal::Null
            | Literal::Boolean(_)
            | Literal::Float(_)
            | Literal::String(_)
            | Literal::Date(_)
            | Literal::Timestamp(_)
            | Literal::Datetime(_)
            | Literal::Array(_) => return None,
        };
        let digits = digits.checked_mul(10_i128.checked_pow(u32::from(scale - own))?)?;
        values.push(Literal::Decimal { digits, scale });
    }
    let precision = values
        .iter()
        .map(|v| match type_of(v) {
            Type::Decimal { precision, .. } => precision,
            Type::Boolean
            | Type::Int
            | Type::Float
            | Type::String
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_)
            | Type::Null => 38,
        })
        .max()
        .unwrap_or(38);
    Some((values, Type::Decimal { precision, scale }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_numbers_has_one_type() {
        let decimal = |digits, scale| Literal::Decimal { digits, scale };
        let items = [Literal::Int(3), decimal(125, 2), decimal(5, 1)];
        let items = items
            .into_iter()
            .map(|v| (v.clone(), type_of(&v)))
            .collect();
        assert_eq!(
            alike(items),
            Some((
                vec![decimal(300, 2), decimal(125, 2), decimal(50, 2)],
                Type::Decimal {
                    precision: 3,
                    scale: 2
                }
            ))
        );
        let mixed = vec![
            (Literal::Int(1), Type::Int),
            (Literal::String("x".to_owned()), Type::String),
        ];
        assert_eq!(alike(mixed), None);
    }
}
