//! Scalar expressions with one meaning: typed, resolved, canonical.
//!
//! What a user wrote is a [`crate::snippet::Ast`]; `model::typing` checks it and makes these. `C` is how a column is
//! named: [`crate::model::Col`] in a relation's row, [`crate::model::Atom`] in an entity's. Two expressions that
//! mean the same compare and hash equal: places ([`At`]) do not count.

mod print;

pub use print::decimal_text;

use crate::source::At;
use std::fmt;

/// The type of a value (`language.md` §3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    Boolean,
    /// 64-bit signed.
    Int,
    /// IEEE double.
    Float,
    Decimal {
        precision: u8,
        scale: u8,
    },
    String,
    Date,
    /// An instant.
    Timestamp,
    /// Wall clock without zone.
    Datetime,
    Json,
    Array(Box<Self>),
    /// The type of the literal `null` alone.
    Null,
}

impl Type {
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Decimal { .. })
    }

    /// A date, an instant or a wall-clock time.
    #[must_use]
    pub fn is_moment(&self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Datetime)
    }

    /// How many digits an exact number may have before the point, and after it.
    #[must_use]
    pub fn digits(&self) -> Option<(u8, u8)> {
        match self {
            Self::Decimal { precision, scale } => Some((precision.saturating_sub(*scale), *scale)),
            Self::Int => Some((19, 0)),
            Self::Float
            | Self::Boolean
            | Self::String
            | Self::Date
            | Self::Timestamp
            | Self::Datetime
            | Self::Json
            | Self::Array(_)
            | Self::Null => None,
        }
    }
}

/// As users write it: `decimal(10,2)`, `array<string>`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Datetime => f.write_str("datetime"),
            Self::Json => f.write_str("json"),
            Self::Array(item) => write!(f, "array<{item}>"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// A constant. Floats compare by bits, so that literals can be hashed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Literal {
    Null,
    Boolean(bool),
    Int(i64),
    /// `digits / 10^scale`.
    Decimal {
        digits: i128,
        scale: u8,
    },
    /// The bits of a finite double (`f64::to_bits`).
    Float(u64),
    String(String),
    Date(jiff::civil::Date),
    Timestamp(jiff::Timestamp),
    Datetime(jiff::civil::DateTime),
    /// The element type is that of the expression.
    Array(Vec<Self>),
}

/// Units of durations and of calendar functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// All units, the shortest first.
    pub const ALL: [Self; 8] = [
        Self::Second,
        Self::Minute,
        Self::Hour,
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Quarter,
        Self::Year,
    ];

    /// `day`: the singular, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The unit of a name in the singular, in lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|u| u.name() == name)
    }

    /// Whether it is a fixed stretch of elapsed time: an hour or shorter.
    #[must_use]
    pub fn is_elapsed(self) -> bool {
        self < Self::Day
    }
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Expr<C> {
    pub kind: ExprKind<C>,
    pub ty: Type,
    pub at: At,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExprKind<C> {
    Literal(Literal),
    Column(C),
    /// Operators are calls too. Arguments have been converted to the types the function takes.
    Call(Func, Vec<Expr<C>>),
    /// `case when w then t … else e end`; `else` is never missing (NULL if the user wrote none).
    Case {
        whens: Vec<(Expr<C>, Expr<C>)>,
        otherwise: Box<Expr<C>>,
    },
    /// To the type of this node; `safe` gives NULL where it fails. Also the implicit conversions
    /// (int to float, date to datetime, timestamp to the local datetime …).
    Cast {
        expr: Box<Expr<C>>,
        safe: bool,
    },
}

/// The closed vocabulary of scalar functions and operators (`language.md` §4).
///
/// `as_of()`, `today()`, `var()`, `age()`, `days_since()` and intervals never get here: they are folded or
/// rewritten by `model::typing`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Func {
    // logic
    And,
    Or,
    Not,
    // comparison
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    IsNull,
    IsNotNull,
    IsTrue,
    IsNotTrue,
    IsFalse,
    IsNotFalse,
    IsDistinctFrom,
    IsNotDistinctFrom,
    /// First argument against any of the rest.
    In,
    NotIn,
    /// `x, low, high`, both ends included.
    Between,
    NotBetween,
    /// `text, pattern`: `%`, `_`, escape `\`, case-sensitive.
    Like,
    NotLike,
    ILike,
    NotILike,
    // arithmetic; Div is real division, NULL where the divisor is 0; Mod likewise
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Neg,
    Abs,
    Round,
    Floor,
    Ceil,
    Power,
    Ln,
    Exp,
    Sqrt,
    Greatest,
    Least,
    // text
    Concat,
    Lower,
    Upper,
    Trim,
    Length,
    Substr,
    Replace,
    SplitPart,
    Left,
    Right,
    StartsWith,
    EndsWith,
    Contains,
    RegexpMatches,
    RegexpExtract,
    Md5,
    // null handling; `if(c, a, b)` becomes Case
    Coalesce,
    NullIf,
    // calendar: the first argument of Trunc, Add, Diff is the unit
    DateTrunc(Unit),
    /// `n, x`
    DateAdd(Unit),
    /// `from, to`: unit boundaries crossed
    DateDiff(Unit),
    Year,
    Quarter,
    Month,
    Day,
    Hour,
    /// Monday is 1.
    Weekday,
    DayOfYear,
    // arrays and JSON
    ArrayContains,
    ArrayLength,
    AnyIn,
    AllIn,
    NoneIn,
    JsonText,
    JsonNumber,
    // others
    /// Kilometres between two points given in degrees, on a sphere of radius 6371.0088 km.
    DistanceKm,
    /// `x, n, salt` (`language.md` §7)
    HashBucket,
    /// A warehouse's own SQL. The first argument is an array of texts, a warehouse and its expression in turn; in an
    /// expression [`NATIVE_NAME`] stands on both sides of the number of one of the further arguments, from 0.
    Native,
}

/// What encloses the number of an argument in the text of [`Func::Native`]: a character that no spec can hold.
pub const NATIVE_NAME: char = '\0';

/// The text of [`Func::Native`] for a warehouse (the first one's, if none is named), with arguments written by `arg`.
pub fn native_text(
    texts: &Literal,
    warehouse: Option<&str>,
    arg: &mut dyn FnMut(usize) -> Option<String>,
) -> Option<String> {
    let Literal::Array(texts) = texts else {
        return None;
    };
    let mut pairs = texts.chunks_exact(2);
    let text = pairs.find_map(|pair| match pair {
        [Literal::String(name), Literal::String(text)]
            if warehouse.is_none_or(|wanted| wanted == name) =>
        {
            Some(text)
        }
        _ => None,
    })?;
    let mut out = String::new();
    for (n, piece) in text.split(NATIVE_NAME).enumerate() {
        if n % 2 == 0 {
            out.push_str(piece);
        } else {
            out.push_str(&arg(piece.parse().ok()?)?);
        }
    }
    Some(out)
}

/// The aggregates that measures are made of (`language.md` §5). The others are sugar over these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agg {
    Count,
    CountDistinct,
    Sum,
    Avg,
    Min,
    Max,
    Median,
    Stddev,
    First,
    Last,
    MostFrequent,
    LeastFrequent,
    /// At least one row: false on no rows.
    Exists,
    /// Sorted ascending.
    ListDistinct,
}

impl<C> Expr<C> {
    pub fn new(kind: ExprKind<C>, ty: Type, at: At) -> Self {
        Self { kind, ty, at }
    }

    pub fn literal(value: Literal, ty: Type, at: At) -> Self {
        Self {
            kind: ExprKind::Literal(value),
            ty,
            at,
        }
    }

    pub fn call(func: Func, args: Vec<Self>, ty: Type, at: At) -> Self {
        Self {
            kind: ExprKind::Call(func, args),
            ty,
            at,
        }
    }

    /// Calls `f` on every column, in order of writing.
    pub fn each_column<'a>(&'a self, f: &mut dyn FnMut(&'a C)) {
        match &self.kind {
            ExprKind::Literal(_) => {}
            ExprKind::Column(c) => f(c),
            ExprKind::Call(_, args) => args.iter().for_each(|a| a.each_column(f)),
            ExprKind::Case { whens, otherwise } => {
                for (when, then) in whens {
                    when.each_column(f);
                    then.each_column(f);
                }
                otherwise.each_column(f);
            }
            ExprKind::Cast { expr, .. } => expr.each_column(f),
        }
    }

    /// Whether `func` is called anywhere in it.
    pub fn calls(&self, func: Func) -> bool {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Column(_) => false,
            ExprKind::Call(called, args) => *called == func || args.iter().any(|a| a.calls(func)),
            ExprKind::Case { whens, otherwise } => {
                let of = |(when, then): &(Self, Self)| when.calls(func) || then.calls(func);
                whens.iter().any(of) || otherwise.calls(func)
            }
            ExprKind::Cast { expr, .. } => expr.calls(func),
        }
    }

    /// The same expression with every column replaced by an expression.
    pub fn substitute<D>(&self, f: &mut dyn FnMut(&C, &Type, At) -> Expr<D>) -> Expr<D> {
        let kind = match &self.kind {
            ExprKind::Column(c) => return f(c, &self.ty, self.at),
            ExprKind::Literal(l) => ExprKind::Literal(l.clone()),
            ExprKind::Call(func, args) => {
                ExprKind::Call(*func, args.iter().map(|a| a.substitute(f)).collect())
            }
            ExprKind::Case { whens, otherwise } => ExprKind::Case {
                whens: whens
                    .iter()
                    .map(|(w, t)| (w.substitute(f), t.substitute(f)))
                    .collect(),
                otherwise: Box::new(otherwise.substitute(f)),
            },
            ExprKind::Cast { expr, safe } => ExprKind::Cast {
                expr: Box::new(expr.substitute(f)),
                safe: *safe,
            },
        };
        Expr {
            kind,
            ty: self.ty.clone(),
            at: self.at,
        }
    }
}
