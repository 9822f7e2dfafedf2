//! Operators: arithmetic, logic, text. Comparisons are `compare`.

use super::{Checker, Scope, Typed, condition, literal_of};
use crate::diag::codes::expr::{ARGUMENTS, TYPE_MISMATCH};
use crate::expr::{Expr, Func, Literal, Type};
use crate::snippet::{Ast, AstKind, BinaryOp, UnaryOp};
use crate::source::At;

impl<S: Scope> Checker<'_, S> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: &Ast,
        right: &Ast,
        whole: &Ast,
    ) -> Option<Typed<S>> {
        let at = At(whole.span);
        let func = match op {
            BinaryOp::And | BinaryOp::Or => return self.logic(op, whole),
            BinaryOp::Eq => Func::Eq,
            BinaryOp::Ne => Func::Ne,
            BinaryOp::Lt => Func::Lt,
            BinaryOp::Le => Func::Le,
            BinaryOp::Gt => Func::Gt,
            BinaryOp::Ge => Func::Ge,
            BinaryOp::Add | BinaryOp::Sub => {
                if let AstKind::Interval { count, unit } = right.kind {
                    let value = self.expr(left)?;
                    let count = if op == BinaryOp::Sub {
                        count.checked_neg()
                    } else {
                        Some(count)
                    };
                    return self.shift(value, count.unwrap_or(i64::MAX), unit, at);
                }
                if let (BinaryOp::Add, AstKind::Interval { count, unit }) = (op, &left.kind) {
                    let value = self.expr(right)?;
                    return self.shift(value, *count, *unit, at);
                }
                if op == BinaryOp::Add {
                    Func::Add
                } else {
                    Func::Sub
                }
            }
            BinaryOp::Mul => Func::Mul,
            BinaryOp::Div => Func::Div,
            BinaryOp::Mod => Func::Mod,
            BinaryOp::Concat => {
                let (left, right) = (self.expr(left), self.expr(right));
                return self.concat(vec![left?, right?], at);
            }
        };
        let left = self.expr(left);
        let right = if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            self.compared(right)
        } else {
            self.expr(right)
        };
        let (left, right) = (left?, right?);
        match op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => {
                self.arithmetic(func, left, right, at)
            }
            BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Eq
            | BinaryOp::Ne
            | BinaryOp::Lt
            | BinaryOp::Le
            | BinaryOp::Gt
            | BinaryOp::Ge
            | BinaryOp::Concat => self.compare(func, left, right, at),
        }
    }

    /// A chain of `and` or `or`, as one call.
    fn logic(&mut self, op: BinaryOp, whole: &Ast) -> Option<Typed<S>> {
        let mut operands = Vec::new();
        chain(op, whole, &mut operands);
        let args: Vec<_> = operands.into_iter().map(|a| self.boolean(a)).collect();
        let args = args.into_iter().collect::<Option<Vec<_>>>()?;
        let func = if op == BinaryOp::And {
            Func::And
        } else {
            Func::Or
        };
        self.call(func, args, Type::Boolean, At(whole.span))
    }

    /// `negated` and `any_case` say which of the four.
    pub(super) fn like(
        &mut self,
        of: Typed<S>,
        pattern: Typed<S>,
        (negated, any_case): (bool, bool),
        at: At,
    ) -> Option<Typed<S>> {
        let (of, pattern) = (self.text(of, "like"), self.text(pattern, "like"));
        let (of, pattern) = (of?, pattern?);
        if let Some(Literal::String(text)) = literal_of(&pattern)
            && !escapes_are_whole(text)
        {
            return self.fail(
                &ARGUMENTS,
                pattern.at.0,
                "`\\` in a pattern stands before `%`, `_` or `\\`",
                "write `\\\\` for the sign itself",
            );
        }
        let func = match (negated, any_case) {
            (false, false) => Func::Like,
            (true, false) => Func::NotLike,
            (false, true) => Func::ILike,
            (true, true) => Func::NotILike,
        };
        self.call(func, vec![of, pattern], Type::Boolean, at)
    }

    /// The value, if it is a string.
    pub(super) fn text(&mut self, value: Typed<S>, taker: &str) -> Option<Typed<S>> {
        match value.ty {
            Type::String => Some(value),
            Type::Null => Some(Expr {
                ty: Type::String,
                ..value
            }),
            Type::Boolean
            | Type::Int
            | Type::Float
            | Type::Decimal { .. }
            | Type::Date
            | Type::Timestamp
            | Type::Datetime
            | Type::Json
            | Type::Array(_) => {
                let why = format!("`{taker}` takes a string, and this is {}", value.ty);
                let hint = match value.ty {
                    Type::Json => "take the text out of it: `json_text(x, 'a.b')`",
                    Type::Array(_) => "use `array_contains(array, value)`",
                    Type::Boolean
                    | Type::Int
                    | Type::Float
                    | Type::Decimal { .. }
                    | Type::String
                    | Type::Date
                    | Type::Timestamp
                    | Type::Datetime
                    | Type::Null => "convert it: `cast(x as string)`",
                };
                self.fail(&TYPE_MISMATCH, value.at.0, &why, hint)
            }
        }
    }

    pub(super) fn concat(&mut self, parts: Vec<Typed<S>>, at: At) -> Option<Typed<S>> {
        let parts: Vec<_> = parts.into_iter().map(|p| self.text(p, "||")).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        self.call(Func::Concat, parts, Type::String, at)
    }

    pub(super) fn signed(&mut self, op: UnaryOp, of: &Ast, at: At) -> Option<Typed<S>> {
        let of = self.expr(of)?;
        let of = self.number(of, if op == UnaryOp::Minus { "-" } else { "+" })?;
        if op == UnaryOp::Plus {
            return Some(of);
        }
        let ty = of.ty.clone();
        self.call(Func::Neg, vec![of], ty, at)
    }

    /// The value, if it is a number.
    pub(super) fn number(&mut self, value: Typed<S>, taker: &str) -> Option<Typed<S>> {
        if value.ty.is_number() {
            return Some(value);
        }
        if value.ty == Type::Null {
            return Some(Expr {
                ty: Type::Int,
                ..value
            });
        }
        let hint = match value.ty {
            Type::String if matches!(taker, "+") => {
                "join strings with `||`; make numbers of them with `try_cast(x as decimal(18,2))`"
            }
            Type::String => "make a number of it: `cast(x as decimal(18,2))`, or `try_cast`",
            Type::Boolean => "use `case when … then 1 else 0 end`",
            Type::Date | Type::Timestamp | Type::Datetime if taker == "-" => {
                "use `date_diff('day', from, to)`, or subtract `interval '3' day`"
            }
            Type::Date | Type::Timestamp | Type::Datetime => {
                "add `interval '3' day`, or use `days_since(x)`"
            }
            Type::Json => "use `json_number(x, 'a.b')`",
            Type::Array(_) => "use `array_length(x)`",
            Type::Int | Type::Float | Type::Decimal { .. } | Type::Null => "compare numbers",
        };
        let why = format!("`{taker}` takes numbers, and this is {}", value.ty);
        self.fail(&TYPE_MISMATCH, value.at.0, &why, hint)
    }

    pub(super) fn arithmetic(
        &mut self,
        func: Func,
        left: Typed<S>,
        right: Typed<S>,
        at: At,
    ) -> Option<Typed<S>> {
        let left = self.number(left, func.name())?;
        let right = self.number(right, func.name())?;
        if func == Func::Mod {
            for side in [&left, &right] {
                if side.ty != Type::Int {
                    let why = format!("`%` takes whole numbers, and this is {}", side.ty);
                    return self.fail(
                        &TYPE_MISMATCH,
                        side.at.0,
                        &why,
                        "make it whole: `cast(x as int)`",
                    );
                }
            }
        }
        let float = func == Func::Div || left.ty == Type::Float || right.ty == Type::Float;
        let ty = if float {
            Type::Float
        } else {
            exact_type(func, &left.ty, &right.ty)
        };
        let (left, right) = if float {
            (
                self.coerce(left, &Type::Float)?,
                self.coerce(right, &Type::Float)?,
            )
        } else {
            (left, right)
        };
        self.call(func, vec![left, right], ty, at)
    }
}

/// The operands of a chain of one operator, in order.
fn chain<'a>(op: BinaryOp, ast: &'a Ast, out: &mut Vec<&'a Ast>) {
    match &ast.kind {
        AstKind::Binary {
            op: own,
            left,
            right,
        } if *own == op => {
            chain(op, left, out);
            chain(op, right, out);
        }
        AstKind::Binary { .. }
        | AstKind::Literal(_)
        | AstKind::Interval { .. }
        | AstKind::Name(_)
        | AstKind::Subject
        | AstKind::Unary { .. }
        | AstKind::Is { .. }
        | AstKind::IsDistinct { .. }
        | AstKind::In { .. }
        | AstKind::Between { .. }
        | AstKind::Like { .. }
        | AstKind::Case { .. }
        | AstKind::Cast { .. }
        | AstKind::Call { .. }
        | AstKind::Array(_) => out.push(ast),
    }
}

/// `+ - *` of ints and decimals.
fn exact_type(func: Func, a: &Type, b: &Type) -> Type {
    let scale = |ty: &Type| match ty {
        Type::Decimal { scale, .. } => *scale,
        Type::Boolean
        | Type::Int
        | Type::Float
        | Type::String
        | Type::Date
        | Type::Timestamp
        | Type::Datetime
        | Type::Json
        | Type::Array(_)
        | Type::Null => 0,
    };
    if *a == Type::Int && *b == Type::Int {
        return Type::Int;
    }
    let scale = if func == Func::Mul {
        (scale(a) + scale(b)).min(38)
    } else {
        scale(a).max(scale(b))
    };
    Type::Decimal {
        precision: 38,
        scale,
    }
}

/// Whether every `\` stands before a sign it can escape.
fn escapes_are_whole(pattern: &str) -> bool {
    let mut signs = pattern.chars();
    while let Some(sign) = signs.next() {
        if sign == '\\' && !matches!(signs.next(), Some('%' | '_' | '\\')) {
            return false;
        }
    }
    true
}

impl<S: Scope> Checker<'_, S> {
    /// `c` of `if(c, a, b)`.
    pub(super) fn condition_of(&mut self, value: Typed<S>) -> Option<Typed<S>> {
        condition(value, self.diags)
    }
}
