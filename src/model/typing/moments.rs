//! Calendar functions and intervals. Instants are read as the project's local time wherever days matter, so that dialects
//! know one conversion only: a timestamp's local datetime.

use super::functions::Written;
use super::{Checker, Clock, Scope, Typed, literal_of};
use crate::diag::codes::expr::{ARGUMENTS, CONSTANT, TYPE_MISMATCH};
use crate::expr::{Expr, Func, Literal, Type, Unit};
use crate::model::calendar;
use crate::snippet::Ast;
use crate::snippet::literal::{parse_moment, parse_unit};
use crate::source::At;
use crate::spec::settings::WeekStart;
use jiff::civil::Date;

impl<S: Scope> Checker<'_, S> {
    /// The value, if it is a date or time.
    pub(super) fn moment(&mut self, value: Typed<S>, taker: &str) -> Option<Typed<S>> {
        if value.ty.is_moment() {
            return Some(value);
        }
        if value.ty == Type::Null {
            return Some(Expr {
                ty: Type::Date,
                ..value
            });
        }
        let hint = match literal_of(&value) {
            Some(Literal::String(text)) if parse_moment(text).is_ok() => {
                format!("write `date '{text}'`")
            }
            Some(_) => "write a date as `date '2026-01-31'`".to_owned(),
            None if value.ty == Type::String => {
                "convert the text: `cast(x as date)`, or `try_cast`".to_owned()
            }
            None => "give it a date, timestamp or datetime".to_owned(),
        };
        let why = format!("`{taker}` takes a date or time, and this is {}", value.ty);
        self.fail(&TYPE_MISMATCH, value.at.0, &why, &hint)
    }

    /// The value's date and time of day, without a zone; a date stays one.
    fn local(&mut self, value: Typed<S>) -> Option<Typed<S>> {
        if value.ty == Type::Timestamp {
            self.coerce(value, &Type::Datetime)
        } else {
            Some(value)
        }
    }

    /// The value's local date.
    fn day(&mut self, value: Typed<S>) -> Option<Typed<S>> {
        self.coerce(value, &Type::Date)
    }

    /// The unit a calendar function's first argument names.
    fn unit(&mut self, call: &Written<'_>, arg: &Ast) -> Option<Unit> {
        use crate::snippet::AstKind;
        let hint = format!(
            "write the unit first, as a string: `{}('month', …)`",
            call.name.value
        );
        let AstKind::Literal(Literal::String(text)) = &arg.kind else {
            return self.fail(
                &ARGUMENTS,
                arg.span,
                "the first argument is a unit in single quotes",
                &hint,
            );
        };
        match parse_unit(text) {
            Some(unit) => Some(unit),
            None => self.fail(
                &ARGUMENTS,
                arg.span,
                &format!("`{text}` is not a unit of time"),
                "units are second, minute, hour, day, week, month, quarter, year",
            ),
        }
    }

    /// `date_trunc(unit, x)`
    pub(super) fn date_trunc(&mut self, call: &Written<'_>) -> Option<Typed<S>> {
        let at = At(call.span);
        let (Some(unit), Some(value)) = (call.args.first(), call.args.get(1)) else {
            return None;
        };
        let (unit, value) = (self.unit(call, unit), self.expr(value));
        let (unit, value) = (unit?, self.moment(value?, "date_trunc")?);
        let value = self.local(value)?;
        if unit.is_elapsed() && value.ty == Type::Date {
            return self.no_hours(&value);
        }
        if unit == Unit::Week && self.ctx.week_start == WeekStart::Sunday {
            // A week that begins on Sunday is one that begins on Monday, a day later.
            let later = self.shift(value, 1, Unit::Day, at)?;
            let ty = later.ty.clone();
            let monday = self.call(Func::DateTrunc(Unit::Week), vec![later], ty, at)?;
            return self.shift(monday, -1, Unit::Day, at);
        }
        let ty = value.ty.clone();
        self.call(Func::DateTrunc(unit), vec![value], ty, at)
    }

    /// `date_add(unit, n, x)`
    pub(super) fn date_add(&mut self, call: &Written<'_>) -> Option<Typed<S>> {
        let [unit, count, value] = call.args else {
            return None;
        };
        let (unit, count, value) = (self.unit(call, unit), self.expr(count), self.expr(value));
        let (unit, count) = (unit?, count?);
        let value = self.moment(value?, "date_add")?;
        if !matches!(count.ty, Type::Int | Type::Null) {
            let why = format!(
                "`date_add` counts in whole numbers, and this is {}",
                count.ty
            );
            return self.fail(
                &TYPE_MISMATCH,
                count.at.0,
                &why,
                "make it whole: `cast(x as int)`",
            );
        }
        self.add(
            value,
            Expr {
                ty: Type::Int,
                ..count
            },
            unit,
            At(call.span),
        )
    }

    /// `value + interval 'count' unit`
    pub(super) fn shift(
        &mut self,
        value: Typed<S>,
        count: i64,
        unit: Unit,
        at: At,
    ) -> Option<Typed<S>> {
        let value = self.moment(value, "interval")?;
        let count = Expr::literal(Literal::Int(count), Type::Int, at);
        self.add(value, count, unit, at)
    }

    fn add(&mut self, value: Typed<S>, count: Typed<S>, unit: Unit, at: At) -> Option<Typed<S>> {
        // A constant instant moves along the calendar of the project's zone and stays an instant.
        if let (Some(Literal::Timestamp(t)), Some(Literal::Int(n))) =
            (literal_of(&value), literal_of(&count))
        {
            let later =
                calendar::shift_instant(*t, *n, unit, &self.ctx.time_zone).map(Literal::Timestamp);
            return match later.filter(calendar::in_range) {
                Some(later) => Some(Expr::literal(later, Type::Timestamp, at)),
                None => self.fail(
                    &CONSTANT,
                    at.0,
                    "the time lies outside the years 1 to 9999",
                    "add less",
                ),
            };
        }
        // In a column of instants only elapsed time means the same everywhere: days are added to the local time.
        let value = match (&value.ty, unit.is_elapsed()) {
            (Type::Timestamp, false) | (Type::Date, true) => self.coerce(value, &Type::Datetime)?,
            _ => value,
        };
        let (unit, factor) = match unit {
            Unit::Week => (Unit::Day, 7),
            Unit::Quarter => (Unit::Month, 3),
            Unit::Second | Unit::Minute | Unit::Hour | Unit::Day | Unit::Month | Unit::Year => {
                (unit, 1)
            }
        };
        let count = if factor == 1 {
            count
        } else {
            let factor = Expr::literal(Literal::Int(factor), Type::Int, count.at);
            let at = count.at;
            self.call(Func::Mul, vec![count, factor], Type::Int, at)?
        };
        let ty = value.ty.clone();
        self.call(Func::DateAdd(unit), vec![count, value], ty, at)
    }

    /// `date_diff(unit, from, to)`
    pub(super) fn date_diff(&mut self, call: &Written<'_>) -> Option<Typed<S>> {
        let at = At(call.span);
        let [unit, from, to] = call.args else {
            return None;
        };
        let (unit, from, to) = (self.unit(call, unit), self.expr(from), self.expr(to));
        let unit = unit?;
        let mut from = self.moment(from?, "date_diff")?;
        let mut to = self.moment(to?, "date_diff")?;
        if unit.is_elapsed() {
            if from.ty == Type::Date && to.ty == Type::Date {
                return self.no_hours(&from);
            }
            let (mut sides, _) = self.unify(vec![from, to], "the ends of `date_diff`")?;
            let (Some(to), Some(from)) = (sides.pop(), sides.pop()) else {
                return None;
            };
            return self.call(Func::DateDiff(unit), vec![from, to], Type::Int, at);
        }
        if self.is_elsewhere(&from) || self.is_elsewhere(&to) {
            // A constant instant is read on the other side's clock.
            let (mut sides, _) = self.unify(vec![from, to], "the ends of `date_diff`")?;
            to = sides.pop()?;
            from = sides.pop()?;
        }
        from = self.day(from)?;
        to = self.day(to)?;
        if unit == Unit::Week && self.ctx.week_start == WeekStart::Sunday {
            from = self.shift(from, 1, Unit::Day, at)?;
            to = self.shift(to, 1, Unit::Day, at)?;
        }
        self.call(Func::DateDiff(unit), vec![from, to], Type::Int, at)
    }

    /// `year(x)` and the like.
    pub(super) fn field(&mut self, func: Func, value: Typed<S>, at: At) -> Option<Typed<S>> {
        let value = self.moment(value, func.name())?;
        let value = self.local(value)?;
        if func == Func::Hour && value.ty == Type::Date {
            return self.no_hours(&value);
        }
        self.call(func, vec![value], Type::Int, at)
    }

    pub(super) fn is_weekend(&mut self, value: Typed<S>, at: At) -> Option<Typed<S>> {
        let day = self.field(Func::Weekday, value, at)?;
        let number = |n| Expr::literal(Literal::Int(n), Type::Int, at);
        self.call(Func::In, vec![day, number(6), number(7)], Type::Boolean, at)
    }

    /// Local midnights between x and `as_of`.
    pub(super) fn days_since(&mut self, value: Typed<S>, at: At) -> Option<Typed<S>> {
        let value = self.moment(value, "days_since")?;
        let today = self.today_of(&value)?;
        let day = self.day(value)?;
        let today = Expr::literal(Literal::Date(today), Type::Date, at);
        self.call(Func::DateDiff(Unit::Day), vec![day, today], Type::Int, at)
    }

    /// The date that `as_of` falls on, on the clock that the value is read on.
    fn today_of(&mut self, value: &Typed<S>) -> Option<Date> {
        if value.ty != Type::Datetime {
            return Some(calendar::today(self.ctx));
        }
        let zone = self.zone_of(value)?;
        Some(calendar::local_date(self.ctx.as_of, &zone))
    }

    /// Whole years from a birth date to today: the difference of the years, less one where this year's day is still to
    /// come. 29 February then counts on 1 March by itself, as month 2 day 29 comes after month 2 day 28.
    pub(super) fn age(&mut self, value: Typed<S>, at: At) -> Option<Typed<S>> {
        let value = self.moment(value, "age")?;
        let today = self.today_of(&value)?;
        let born = self.day(value)?;
        let number = |n: i64| Expr::literal(Literal::Int(n), Type::Int, at);
        let year = self.field(Func::Year, born.clone(), at)?;
        let month = self.field(Func::Month, born.clone(), at)?;
        let day = self.field(Func::Day, born, at)?;
        let hundreds = self.call(Func::Mul, vec![month, number(100)], Type::Int, at)?;
        let in_year = self.call(Func::Add, vec![hundreds, day], Type::Int, at)?;
        let to_come = self.call(
            Func::Gt,
            vec![in_year, number(day_in_year(today))],
            Type::Boolean,
            at,
        )?;
        let less = self.choose(vec![to_come], vec![number(1), number(0)], at)?;
        let years = self.call(
            Func::Sub,
            vec![number(i64::from(today.year())), year],
            Type::Int,
            at,
        )?;
        self.call(Func::Sub, vec![years, less], Type::Int, at)
    }

    /// `timestamp '2026-01-31 09:00'`, whose zone is this place's.
    pub(super) fn timestamp_literal(&mut self, arg: &Ast, at: At) -> Option<Typed<S>> {
        let value = self.expr(arg)?;
        self.coerce(Expr { at, ..value }, &Type::Timestamp)
    }

    /// Whether it is a datetime on another clock than the project's.
    fn is_elsewhere(&self, value: &Typed<S>) -> bool {
        match self.clock(value) {
            Clock::Any => false,
            Clock::Of(zone) => zone != self.ctx.time_zone,
            Clock::Several => true,
        }
    }

    fn no_hours<T>(&mut self, value: &Typed<S>) -> Option<T> {
        self.fail(
            &TYPE_MISMATCH,
            value.at.0,
            "a date has no time of day",
            "use a unit of a day or longer",
        )
    }
}

/// A date's month and day as one number that rises through the year.
fn day_in_year(date: Date) -> i64 {
    i64::from(date.month()) * 100 + i64::from(date.day())
}
