//! Expressions for people's eyes: SQL-like text with the fewest parentheses. No dialect's SQL (`dialect`, `emit`).

use super::{Expr, ExprKind, Func, Literal, Type, native_text};
use std::fmt::Write;

/// How strongly the outermost operator of a text binds.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Strength {
    Or,
    And,
    Not,
    Compare,
    Concat,
    Add,
    Multiply,
    Sign,
    Whole,
}

impl<C> Expr<C> {
    /// The expression as text; `name` names columns.
    #[must_use]
    pub fn render(&self, name: &dyn Fn(&C) -> String) -> String {
        self.text(name).0
    }

    fn text(&self, name: &dyn Fn(&C) -> String) -> (String, Strength) {
        match &self.kind {
            ExprKind::Literal(value) => {
                let text = value.to_string();
                let signed = text.starts_with('-');
                (
                    text,
                    if signed {
                        Strength::Sign
                    } else {
                        Strength::Whole
                    },
                )
            }
            ExprKind::Column(column) => (name(column), Strength::Whole),
            ExprKind::Call(func, args) => call_text(*func, args, name),
            ExprKind::Case { whens, otherwise } => {
                let mut text = "case".to_owned();
                for (when, then) in whens {
                    text += &format!(" when {} then {}", when.render(name), then.render(name));
                }
                if !matches!(otherwise.kind, ExprKind::Literal(Literal::Null)) {
                    text += &format!(" else {}", otherwise.render(name));
                }
                (text + " end", Strength::Whole)
            }
            ExprKind::Cast { expr, safe } => {
                let cast = if *safe { "try_cast" } else { "cast" };
                let text = format!("{cast}({} as {})", expr.render(name), self.ty);
                (text, Strength::Whole)
            }
        }
    }

    /// The text in parentheses unless it binds at least as strongly as `least`.
    fn within(&self, least: Strength, name: &dyn Fn(&C) -> String) -> String {
        let (text, strength) = self.text(name);
        if strength < least {
            format!("({text})")
        } else {
            text
        }
    }
}

fn call_text<C>(func: Func, args: &[Expr<C>], name: &dyn Fn(&C) -> String) -> (String, Strength) {
    let joined = |sign: &str, at: Strength, first: Strength, rest: Strength| {
        let mut text = String::new();
        for (i, arg) in args.iter().enumerate() {
            if i > 0 {
                text += sign;
            }
            text += &arg.within(if i == 0 { first } else { rest }, name);
        }
        (text, at)
    };
    let infix = |sign: &str, at: Strength| {
        let above = match at {
            Strength::Or => Strength::And,
            Strength::And => Strength::Not,
            Strength::Not | Strength::Compare => Strength::Concat,
            Strength::Concat => Strength::Add,
            Strength::Add => Strength::Multiply,
            Strength::Multiply | Strength::Sign | Strength::Whole => Strength::Sign,
        };
        let first = if at == Strength::Compare { above } else { at };
        joined(&format!(" {sign} "), at, first, above)
    };
    let one = |least: Strength| {
        args.first()
            .map(|a| a.within(least, name))
            .unwrap_or_default()
    };
    let after = |words: &str| {
        (
            format!("{} {words}", one(Strength::Concat)),
            Strength::Compare,
        )
    };
    let listed = |words: &str| {
        let list: Vec<_> = args.iter().skip(1).map(|a| a.render(name)).collect();
        (
            format!("{} {words} ({})", one(Strength::Concat), list.join(", ")),
            Strength::Compare,
        )
    };
    let between = |words: &str| {
        let ends: Vec<_> = args
            .iter()
            .skip(1)
            .map(|a| a.within(Strength::Concat, name))
            .collect();
        (
            format!("{} {words} {}", one(Strength::Concat), ends.join(" and ")),
            Strength::Compare,
        )
    };
    match func {
        Func::And => joined(" and ", Strength::And, Strength::Not, Strength::Not),
        Func::Or => joined(" or ", Strength::Or, Strength::And, Strength::And),
        Func::Not => (format!("not {}", one(Strength::Not)), Strength::Not),
        Func::Eq => infix("=", Strength::Compare),
        Func::Ne => infix("<>", Strength::Compare),
        Func::Lt => infix("<", Strength::Compare),
        Func::Le => infix("<=", Strength::Compare),
        Func::Gt => infix(">", Strength::Compare),
        Func::Ge => infix(">=", Strength::Compare),
        Func::IsDistinctFrom => infix("is distinct from", Strength::Compare),
        Func::IsNotDistinctFrom => infix("is not distinct from", Strength::Compare),
        Func::Like => infix("like", Strength::Compare),
        Func::NotLike => infix("not like", Strength::Compare),
        Func::ILike => infix("ilike", Strength::Compare),
        Func::NotILike => infix("not ilike", Strength::Compare),
        Func::IsNull => after("is null"),
        Func::IsNotNull => after("is not null"),
        Func::IsTrue => after("is true"),
        Func::IsNotTrue => after("is not true"),
        Func::IsFalse => after("is false"),
        Func::IsNotFalse => after("is not false"),
        Func::In => listed("in"),
        Func::NotIn => listed("not in"),
        Func::Between => between("between"),
        Func::NotBetween => between("not between"),
        Func::Add => infix("+", Strength::Add),
        Func::Sub => infix("-", Strength::Add),
        Func::Mul => infix("*", Strength::Multiply),
        Func::Div => infix("/", Strength::Multiply),
        Func::Mod => infix("%", Strength::Multiply),
        Func::Concat => infix("||", Strength::Concat),
        Func::Neg => (format!("-{}", one(Strength::Whole)), Strength::Sign),
        Func::DateTrunc(unit) | Func::DateAdd(unit) | Func::DateDiff(unit) => {
            let list: Vec<_> = args.iter().map(|a| a.render(name)).collect();
            let text = format!("{}('{}', {})", func.name(), unit.name(), list.join(", "));
            (text, Strength::Whole)
        }
        Func::Abs
        | Func::Round
        | Func::Floor
        | Func::Ceil
        | Func::Power
        | Func::Ln
        | Func::Exp
        | Func::Sqrt
        | Func::Greatest
        | Func::Least
        | Func::Lower
        | Func::Upper
        | Func::Trim
        | Func::Length
        | Func::Substr
        | Func::Replace
        | Func::SplitPart
        | Func::Left
        | Func::Right
        | Func::StartsWith
        | Func::EndsWith
        | Func::Contains
        | Func::RegexpMatches
        | Func::RegexpExtract
        | Func::Md5
        | Func::Coalesce
        | Func::NullIf
        | Func::Year
        | Func::Quarter
        | Func::Month
        | Func::Day
        | Func::Hour
        | Func::Weekday
        | Func::DayOfYear
        | Func::ArrayContains
        | Func::ArrayLength
        | Func::AnyIn
        | Func::AllIn
        | Func::NoneIn
        | Func::JsonText
        | Func::JsonNumber
        | Func::DistanceKm
        | Func::HashBucket => {
            let list: Vec<_> = args.iter().map(|a| a.render(name)).collect();
            (
                format!("{}({})", func.name(), list.join(", ")),
                Strength::Whole,
            )
        }
        Func::Native => (native(args, name), Strength::Whole),
    }
}

/// `sql(len(tags) > 2)`: of several warehouses the first one's.
fn native<C>(args: &[Expr<C>], name: &dyn Fn(&C) -> String) -> String {
    let text = args.split_first().and_then(|(texts, args)| {
        let ExprKind::Literal(texts) = &texts.kind else {
            return None;
        };
        let mut arg = |n: usize| args.get(n).map(|a| a.within(Strength::Whole, name));
        native_text(texts, None, &mut arg)
    });
    format!("sql({})", text.unwrap_or_default())
}

impl Func {
    /// As users write it: `date_trunc`, `>=`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "sql",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::IsNull => "is null",
            Self::IsNotNull => "is not null",
            Self::IsTrue => "is true",
            Self::IsNotTrue => "is not true",
            Self::IsFalse => "is false",
            Self::IsNotFalse => "is not false",
            Self::IsDistinctFrom => "is distinct from",
            Self::IsNotDistinctFrom => "is not distinct from",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Between => "between",
            Self::NotBetween => "not between",
            Self::Like => "like",
            Self::NotLike => "not like",
            Self::ILike => "ilike",
            Self::NotILike => "not ilike",
            Self::Add => "+",
            Self::Sub | Self::Neg => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Abs => "abs",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Power => "power",
            Self::Ln => "ln",
            Self::Exp => "exp",
            Self::Sqrt => "sqrt",
            Self::Greatest => "greatest",
            Self::Least => "least",
            Self::Concat => "||",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Trim => "trim",
            Self::Length => "length",
            Self::Substr => "substr",
            Self::Replace => "replace",
            Self::SplitPart => "split_part",
            Self::Left => "left",
            Self::Right => "right",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::Contains => "contains",
            Self::RegexpMatches => "regexp_matches",
            Self::RegexpExtract => "regexp_extract",
            Self::Md5 => "md5",
            Self::Coalesce => "coalesce",
            Self::NullIf => "nullif",
            Self::DateTrunc(_) => "date_trunc",
            Self::DateAdd(_) => "date_add",
            Self::DateDiff(_) => "date_diff",
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Weekday => "weekday",
            Self::DayOfYear => "day_of_year",
            Self::ArrayContains => "array_contains",
            Self::ArrayLength => "array_length",
            Self::AnyIn => "any_in",
            Self::AllIn => "all_in",
            Self::NoneIn => "none_in",
            Self::JsonText => "json_text",
            Self::JsonNumber => "json_number",
            Self::DistanceKm => "distance_km",
            Self::HashBucket => "hash_bucket",
        }
    }
}

/// As users write it: `'US'`, `date '2026-01-31'`.
impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Decimal { digits, scale } => f.write_str(&decimal_text(*digits, *scale)),
            // `{:?}` keeps a point or an exponent, so that it reads as a float again where it can.
            Self::Float(bits) => write!(f, "{:?}", f64::from_bits(*bits)),
            Self::String(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Date(date) => write!(f, "date '{date}'"),
            Self::Timestamp(at) => write!(f, "timestamp '{}'", at.to_string().replace('T', " ")),
            Self::Datetime(at) => write!(f, "datetime '{}'", at.to_string().replace('T', " ")),
            Self::Array(items) => {
                f.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_char(']')
            }
        }
    }
}

/// `digits / 10^scale` with all digits of the scale: `-0.50`.
#[must_use]
pub fn decimal_text(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if digits < 0 { "-" } else { "" };
    let body = format!("{:0>width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = body
        .split_at_checked(body.len() - scale)
        .unwrap_or((&body, ""));
    if fraction.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{fraction}")
    }
}

impl Literal {
    /// The type of a constant by itself; of an array, its first item's.
    #[must_use]
    pub fn own_type(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Boolean(_) => Type::Boolean,
            Self::Int(_) => Type::Int,
            Self::Decimal { digits, scale } => {
                let count = digits.unsigned_abs().checked_ilog10().map_or(1, |n| n + 1);
                let precision = u8::try_from(count).unwrap_or(38).max(*scale).min(38);
                Type::Decimal {
                    precision,
                    scale: *scale,
                }
            }
            Self::Float(_) => Type::Float,
            Self::String(_) => Type::String,
            Self::Date(_) => Type::Date,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Datetime(_) => Type::Datetime,
            Self::Array(items) => {
                let item = items.first().map_or(Type::Null, Self::own_type);
                Type::Array(Box::new(item))
            }
        }
    }
}
