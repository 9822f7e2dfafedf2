//! Calls of functions: how each rule of the `vocabulary` checks its arguments.

use super::vocabulary::{Arg, Function, MANY, Rule, TABLE, elsewhere};
use super::{AggregateCall, Checker, Scope, Typed, literal_of};
use crate::diag::codes::expr::{
    ARGUMENTS, NOT_PORTABLE, PATTERN, TYPE_MISMATCH, UNKNOWN_FUNCTION, UNKNOWN_VAR,
};
use crate::diag::{Diagnostic, nearest};
use crate::expr::{Expr, Func, Literal, Type};
use crate::snippet::{Ast, AstKind};
use crate::source::{At, Span, Spanned};
use crate::spec::AggFunction;

/// A call as written.
pub(super) struct Written<'a> {
    pub(super) name: &'a Spanned<String>,
    pub(super) args: &'a [Ast],
    pub(super) distinct: bool,
    pub(super) star: bool,
    pub(super) filter: Option<&'a Ast>,
    pub(super) span: Span,
}

impl<S: Scope> Checker<'_, S> {
    pub(super) fn function(&mut self, call: &Written<'_>) -> Option<Typed<S>> {
        let name = call.name.value.as_str();
        // The only call that a literal stands for.
        if let (
            "timestamp",
            [
                Ast {
                    kind: AstKind::Literal(Literal::Datetime(_)),
                    ..
                },
            ],
        ) = (name, call.args)
        {
            return self.timestamp_literal(call.args.first()?, At(call.span));
        }
        if let Some(function) = AggFunction::parse(name) {
            return self.aggregate(function, call);
        }
        let Some(function) = TABLE.iter().find(|f| f.name == name) else {
            return self.unknown(call.name);
        };
        if call.distinct || call.filter.is_some() {
            return self.fail(
                &NOT_PORTABLE,
                call.span,
                &format!("`{name}` is no aggregate: it takes no `distinct` and no `filter`"),
                "write `case when … then x end`, or use an aggregate",
            );
        }
        let (fewest, most) = function.count;
        if call.args.len() < fewest || call.args.len() > most {
            let expected = match (fewest, most) {
                (a, b) if a == b => format!("{a}"),
                (a, MANY) => format!("at least {a}"),
                (a, b) => format!("{a} to {b}"),
            };
            let why = format!(
                "`{name}` takes {expected} arguments, and here are {}",
                call.args.len()
            );
            return self.fail(
                &ARGUMENTS,
                call.span,
                &why,
                &format!("write `{}`", function.usage),
            );
        }
        self.apply(function, call)
    }

    fn aggregate(&mut self, function: AggFunction, call: &Written<'_>) -> Option<Typed<S>> {
        let function = match (function, call.distinct) {
            (AggFunction::Count, true) => AggFunction::CountDistinct,
            (_, true) => {
                return self.fail(
                    &NOT_PORTABLE,
                    call.span,
                    "`distinct` is for `count` alone",
                    "write `count(distinct orders.x)`, or a trait of distinct values",
                );
            }
            (function, false) => function,
        };
        let aggregate = AggregateCall {
            function: Spanned::new(function, call.name.span),
            args: call.args,
            star: call.star,
            filter: call.filter,
            span: call.span,
        };
        self.scope.aggregate(&aggregate, self.ctx, self.diags)
    }

    fn unknown<T>(&mut self, name: &Spanned<String>) -> Option<T> {
        let names = TABLE.iter().map(|f| f.name).chain(AggFunction::names());
        let help = match elsewhere(&name.value) {
            Some(hint) => hint.to_owned(),
            None => match nearest(&name.value, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "the reference lists the functions; a value only the warehouse can compute belongs in a model".to_owned(),
            },
        };
        self.diags.push(
            Diagnostic::error(
                &UNKNOWN_FUNCTION,
                format!("unknown function `{}`", name.value),
            )
            .at(name.span, "not one of the portable functions")
            .help(help),
        );
        None
    }

    fn apply(&mut self, function: &Function, call: &Written<'_>) -> Option<Typed<S>> {
        let at = At(call.span);
        match &function.rule {
            // These read their unit before anything else.
            Rule::DateTrunc => return self.date_trunc(call),
            Rule::DateAdd => return self.date_add(call),
            Rule::DateDiff => return self.date_diff(call),
            Rule::Var => return self.var(call),
            Rule::AsOf => {
                return Some(Expr::literal(
                    Literal::Timestamp(self.ctx.as_of),
                    Type::Timestamp,
                    at,
                ));
            }
            Rule::Today => {
                let today = crate::model::calendar::today(self.ctx);
                return Some(Expr::literal(Literal::Date(today), Type::Date, at));
            }
            Rule::Plain(..)
            | Rule::Concat
            | Rule::Coalesce
            | Rule::NullIf
            | Rule::If
            | Rule::Extreme(_)
            | Rule::Abs
            | Rule::Round
            | Rule::ToWhole(_)
            | Rule::Above(..)
            | Rule::Power
            | Rule::Mod
            | Rule::Field(_)
            | Rule::IsWeekend
            | Rule::Age
            | Rule::DaysSince
            | Rule::ArrayContains
            | Rule::ArrayLength
            | Rule::ArrayIn(_)
            | Rule::HashBucket => {}
        }
        let mut args = self.all(call.args)?;
        match &function.rule {
            Rule::Plain(func, kinds, ty) => {
                let args: Vec<_> = args
                    .into_iter()
                    .zip(*kinds)
                    .map(|(arg, kind)| self.argument(arg, *kind, function))
                    .collect();
                let args = args.into_iter().collect::<Option<Vec<_>>>()?;
                if *func == Func::RegexpExtract {
                    self.group(&args)?;
                }
                self.call(*func, args, ty.clone(), at)
            }
            Rule::Concat if args.len() == 1 => self.text(args.pop()?, "concat"),
            Rule::Concat => self.concat(args, at),
            Rule::Coalesce => {
                let (args, ty) = self.unify_results(args, "the values of `coalesce`")?;
                self.call(Func::Coalesce, args, ty, at)
            }
            Rule::NullIf => {
                let (args, _) = self.unify(args, "the values of `nullif`")?;
                let ty = args.first()?.ty.clone();
                self.call(Func::NullIf, args, ty, at)
            }
            Rule::If => {
                let values = args.split_off(1);
                let condition = self.condition_of(args.pop()?)?;
                self.choose(vec![condition], values, at)
            }
            Rule::Extreme(func) => {
                let (args, ty) =
                    self.unify_results(args, &format!("the values of `{}`", func.name()))?;
                if matches!(ty, Type::Boolean | Type::Json | Type::Array(_)) {
                    let why = format!(
                        "`{}` takes numbers, strings, dates and times, not {ty}",
                        func.name()
                    );
                    return self.fail(
                        &TYPE_MISMATCH,
                        call.span,
                        &why,
                        "use `case when … then … end`",
                    );
                }
                self.call(*func, args, ty, at)
            }
            Rule::Abs => {
                let x = self.number(args.pop()?, "abs")?;
                let ty = x.ty.clone();
                self.call(Func::Abs, vec![x], ty, at)
            }
            Rule::Round => self.round(args, at),
            Rule::ToWhole(func) => {
                let x = self.number(args.pop()?, func.name())?;
                let ty = if let Type::Decimal { precision, .. } = x.ty {
                    Type::Decimal {
                        precision,
                        scale: 0,
                    }
                } else if x.ty == Type::Int {
                    return Some(x);
                } else {
                    Type::Float
                };
                self.call(*func, vec![x], ty, at)
            }
            Rule::Above(func, compare) => {
                let x = self.number(args.pop()?, func.name())?;
                let x = self.coerce(x, &Type::Float)?;
                let zero = Expr::literal(Literal::Float(0f64.to_bits()), Type::Float, at);
                let has_value = self.call(*compare, vec![x.clone(), zero], Type::Boolean, at)?;
                let x = self.only_where(has_value, x)?;
                self.call(*func, vec![x], Type::Float, at)
            }
            Rule::Power => {
                let (y, x) = (args.pop()?, args.pop()?);
                self.power(x, y, at)
            }
            Rule::Mod => {
                let (y, x) = (args.pop()?, args.pop()?);
                self.arithmetic(Func::Mod, x, y, at)
            }
            Rule::Field(func) => self.field(*func, args.pop()?, at),
            Rule::IsWeekend => self.is_weekend(args.pop()?, at),
            Rule::Age => self.age(args.pop()?, at),
            Rule::DaysSince => self.days_since(args.pop()?, at),
            Rule::ArrayContains => {
                let (x, array) = (args.pop()?, args.pop()?);
                let item = self.items_of(&array, function)?;
                let wanted = Expr::literal(Literal::Null, item, array.at);
                let (mut both, _) =
                    self.unify(vec![wanted, x], "the array's items and the value")?;
                self.call(
                    Func::ArrayContains,
                    vec![array, both.pop()?],
                    Type::Boolean,
                    at,
                )
            }
            Rule::ArrayLength => {
                let array = args.pop()?;
                self.items_of(&array, function)?;
                self.call(Func::ArrayLength, vec![array], Type::Int, at)
            }
            Rule::ArrayIn(func) => {
                let (list, array) = (args.pop()?, args.pop()?);
                self.items_of(&array, function)?;
                self.items_of(&list, function)?;
                let (args, _) = self.unify(vec![array, list], "the array and the list")?;
                self.call(*func, args, Type::Boolean, at)
            }
            Rule::HashBucket => self.hash_bucket(args, function, at),
            Rule::DateTrunc
            | Rule::DateAdd
            | Rule::DateDiff
            | Rule::Var
            | Rule::AsOf
            | Rule::Today => None,
        }
    }

    fn argument(&mut self, arg: Typed<S>, kind: Arg, function: &Function) -> Option<Typed<S>> {
        let name = function.name;
        match kind {
            Arg::Text => self.text(arg, name),
            Arg::Float => {
                let arg = self.number(arg, name)?;
                self.coerce(arg, &Type::Float)
            }
            Arg::Json if matches!(arg.ty, Type::Json | Type::Null) => Some(Expr {
                ty: Type::Json,
                ..arg
            }),
            Arg::Json => {
                let why = format!("`{name}` takes json, and this is {}", arg.ty);
                self.fail(
                    &TYPE_MISMATCH,
                    arg.at.0,
                    &why,
                    "declare the column as `json` under `columns:`",
                )
            }
            Arg::Path => match literal_of(&arg) {
                Some(Literal::String(text)) if !text.is_empty() => Some(arg),
                _ => {
                    let hint = format!("write `{}`", function.usage);
                    self.fail(
                        &ARGUMENTS,
                        arg.at.0,
                        "this argument is a constant string",
                        &hint,
                    )
                }
            },
            Arg::Pattern => {
                let arg = self.argument(arg, Arg::Path, function)?;
                self.pattern(&arg)?;
                Some(arg)
            }
            Arg::Position | Arg::Size => {
                if !matches!(arg.ty, Type::Int | Type::Null) {
                    let why = format!("`{name}` takes a whole number here, and this is {}", arg.ty);
                    return self.fail(
                        &TYPE_MISMATCH,
                        arg.at.0,
                        &why,
                        "make it whole: `cast(x as int)`",
                    );
                }
                let least = match kind {
                    Arg::Position => 1,
                    Arg::Size => 0,
                    Arg::Text | Arg::Float | Arg::Json | Arg::Path | Arg::Pattern => i64::MIN,
                };
                if let Some(Literal::Int(n)) = literal_of(&arg)
                    && *n < least
                {
                    let why = format!("`{name}` takes at least {least} here");
                    return self.fail(
                        &ARGUMENTS,
                        arg.at.0,
                        &why,
                        &format!("write `{}`", function.usage),
                    );
                }
                let (is_literal, at) = (literal_of(&arg).is_some(), arg.at);
                let arg = Expr {
                    ty: Type::Int,
                    ..arg
                };
                if is_literal {
                    return Some(arg);
                }
                // Warehouses count from the end, or fail.
                let least = Expr::literal(Literal::Int(least), Type::Int, at);
                let counts = self.call(Func::Ge, vec![arg.clone(), least], Type::Boolean, at)?;
                self.only_where(counts, arg)
            }
        }
    }

    /// How many groups a pattern captures.
    fn pattern(&mut self, arg: &Typed<S>) -> Option<usize> {
        let Some(Literal::String(text)) = literal_of(arg) else {
            return None;
        };
        match super::pattern::check(text) {
            Ok(groups) => Some(groups),
            Err(wrong) => self.fail(&PATTERN, arg.at.0, &wrong.what, wrong.hint),
        }
    }

    /// The group of `regexp_extract` is one that the pattern has.
    fn group(&mut self, args: &[Typed<S>]) -> Option<()> {
        let [_, pattern, group] = args else {
            return Some(());
        };
        let groups = self.pattern(pattern)?;
        match literal_of(group) {
            Some(Literal::Int(n)) if usize::try_from(*n).is_ok_and(|n| n <= groups) => Some(()),
            Some(Literal::Int(n)) => {
                let why = format!("there is no group {n}; the pattern has {groups}");
                self.fail(
                    &ARGUMENTS,
                    group.at.0,
                    &why,
                    "count the `(` from 1; 0 is the whole match",
                )
            }
            _ => self.fail(
                &ARGUMENTS,
                group.at.0,
                "the group is a constant",
                "write `regexp_extract(text, pattern, 1)`",
            ),
        }
    }

    /// The value where a condition holds, else NULL.
    pub(super) fn only_where(&mut self, condition: Typed<S>, value: Typed<S>) -> Option<Typed<S>> {
        let at = value.at;
        let nothing = Expr::literal(Literal::Null, value.ty.clone(), at);
        self.choose(vec![condition], vec![value, nothing], at)
    }

    /// NULL for 0 to a negative power, and for a negative number to a fraction: warehouses fail there, or make a NaN that is larger
    /// than any number.
    fn power(&mut self, x: Typed<S>, y: Typed<S>, at: At) -> Option<Typed<S>> {
        let (x, y) = (self.number(x, "power")?, self.number(y, "power")?);
        let (x, y) = (self.coerce(x, &Type::Float)?, self.coerce(y, &Type::Float)?);
        let zero = || Expr::literal(Literal::Float(0f64.to_bits()), Type::Float, at);
        let mut is = |func, a: &Typed<S>, b: Typed<S>| {
            self.call(func, vec![a.clone(), b], Type::Boolean, at)
        };
        let has_value = match literal_of(&y) {
            Some(Literal::Float(bits)) => {
                let y = f64::from_bits(*bits);
                match (y.fract() == 0.0, y >= 0.0) {
                    (true, true) => None,
                    (true, false) => Some(is(Func::Ne, &x, zero())?),
                    (false, true) => Some(is(Func::Ge, &x, zero())?),
                    (false, false) => Some(is(Func::Gt, &x, zero())?),
                }
            }
            _ => {
                let whole = Expr::call(Func::Floor, vec![y.clone()], Type::Float, at);
                let (above, below) = (is(Func::Gt, &x, zero())?, is(Func::Lt, &x, zero())?);
                let (at_zero, rises) = (is(Func::Eq, &x, zero())?, is(Func::Ge, &y, zero())?);
                let whole = is(Func::Eq, &y, whole)?;
                let both = |a, b| Expr::call(Func::And, vec![a, b], Type::Boolean, at);
                let any = vec![above, both(at_zero, rises), both(below, whole)];
                Some(self.call(Func::Or, any, Type::Boolean, at)?)
            }
        };
        let x = match has_value {
            Some(condition) => self.only_where(condition, x)?,
            None => x,
        };
        self.call(Func::Power, vec![x, y], Type::Float, at)
    }

    fn round(&mut self, mut args: Vec<Typed<S>>, at: At) -> Option<Typed<S>> {
        let digits = if args.len() > 1 { args.pop() } else { None };
        let x = self.number(args.pop()?, "round")?;
        let count = match &digits {
            None => 0,
            Some(digits) => match literal_of(digits) {
                Some(Literal::Int(n)) if (-30..=30).contains(n) => *n,
                _ => {
                    return self.fail(
                        &ARGUMENTS,
                        digits.at.0,
                        "the digits of `round` are a constant from -30 to 30",
                        "write `round(x, 2)`",
                    );
                }
            },
        };
        if x.ty == Type::Int && count >= 0 {
            return Some(x);
        }
        let ty = if let Type::Decimal { precision, scale } = x.ty {
            if i64::from(scale) <= count {
                return Some(x);
            }
            let scale = u8::try_from(count).unwrap_or(0);
            Type::Decimal { precision, scale }
        } else {
            x.ty.clone()
        };
        let mut args = vec![x];
        args.extend(digits.filter(|_| count != 0));
        self.call(Func::Round, args, ty, at)
    }

    /// The type of an array's items.
    fn items_of(&mut self, array: &Typed<S>, function: &Function) -> Option<Type> {
        if let Type::Array(item) = &array.ty {
            return Some((**item).clone());
        }
        let why = format!(
            "`{}` takes an array here, and this is {}",
            function.name, array.ty
        );
        let hint = format!(
            "write `{}`; a list of constants is `['a', 'b']`",
            function.usage
        );
        self.fail(&TYPE_MISMATCH, array.at.0, &why, &hint)
    }

    fn hash_bucket(
        &mut self,
        mut args: Vec<Typed<S>>,
        function: &Function,
        at: At,
    ) -> Option<Typed<S>> {
        let (salt, n, x) = (args.pop()?, args.pop()?, args.pop()?);
        if !matches!(x.ty, Type::Int | Type::String) {
            let why = format!(
                "`hash_bucket` takes an int or a string, and this is {}",
                x.ty
            );
            return self.fail(
                &TYPE_MISMATCH,
                x.at.0,
                &why,
                "convert it: `cast(x as string)`",
            );
        }
        let salt = self.argument(salt, Arg::Path, function)?;
        if !matches!(literal_of(&n), Some(Literal::Int(n)) if (1..=1_000_000_000).contains(n)) {
            return self.fail(
                &ARGUMENTS,
                n.at.0,
                "the number of buckets is a constant from 1 to 1,000,000,000",
                "write `hash_bucket(customer_id, 100, 'spring')`",
            );
        }
        self.call(Func::HashBucket, vec![x, n, salt], Type::Int, at)
    }

    fn var(&mut self, call: &Written<'_>) -> Option<Typed<S>> {
        let [
            Ast {
                kind: AstKind::Literal(Literal::String(name)),
                span,
            },
        ] = call.args
        else {
            return self.fail(
                &ARGUMENTS,
                call.span,
                "`var` takes a name in single quotes",
                "write `var('vip_spend')`",
            );
        };
        if let Some((_, value, ty)) = self.ctx.vars.iter().find(|(n, _, _)| n == name) {
            return Some(Expr::literal(value.clone(), ty.clone(), At(call.span)));
        }
        let known = || self.ctx.vars.iter().map(|(n, _, _)| n.as_str());
        let label = match known().collect::<Vec<_>>().join(", ") {
            list if list.is_empty() => "the project has no variables".to_owned(),
            list => format!("variables: {list}"),
        };
        let diagnostic =
            Diagnostic::error(&UNKNOWN_VAR, format!("unknown variable `{name}`")).at(*span, label);
        let diagnostic = match nearest(name, known()) {
            Some(near) => diagnostic.suggest(Some(near)),
            None => diagnostic.help(format!("add `vars: {{{name}: …}}` to segc.yml")),
        };
        self.diags.push(diagnostic);
        None
    }
}
