//! Whose clock a `datetime` is on. It is wall-clock time, read in the zone of the relation whose row it stands in
//! (`language.md` §3), wherever an expression carries it.

use super::{Checker, Scope, Typed, literal_of};
use crate::diag::codes::expr::TYPE_MISMATCH;
use crate::diag::codes::spec::NOT_YET;
use crate::expr::{Expr, ExprKind, Type};
use jiff::tz::TimeZone;

/// The clock that an expression's datetimes are read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clock {
    /// None by itself: constants, dates, texts.
    Any,
    Of(TimeZone),
    /// Those of several zones.
    Several,
}

impl Clock {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, clock) | (clock, Self::Any) => clock,
            (Self::Of(a), Self::Of(b)) if a == b => Self::Of(a),
            (Self::Of(_) | Self::Several, Self::Of(_) | Self::Several) => Self::Several,
        }
    }

    /// The clock of a place, if there is none by itself.
    pub fn or(self, zone: &TimeZone) -> Self {
        match self {
            Self::Any => Self::Of(zone.clone()),
            Self::Of(_) | Self::Several => self,
        }
    }

    /// The clock of a value: `column` says a column's; local times of instants are the project's.
    pub fn of<C>(expr: &Expr<C>, project: &TimeZone, column: &dyn Fn(&C) -> Self) -> Self {
        if expr.ty != Type::Datetime {
            return Self::Any;
        }
        let of = |expr: &Expr<C>| Self::of(expr, project, column);
        match &expr.kind {
            ExprKind::Literal(_) => Self::Any,
            ExprKind::Column(col) => column(col),
            ExprKind::Call(_, args) => args.iter().map(of).fold(Self::Any, Self::and),
            ExprKind::Case { whens, otherwise } => whens
                .iter()
                .map(|(_, then)| of(then))
                .fold(of(otherwise), Self::and),
            ExprKind::Cast { expr, .. } if expr.ty == Type::Timestamp => Self::Of(project.clone()),
            ExprKind::Cast { expr, .. } => of(expr),
        }
    }
}

impl<S: Scope> Checker<'_, S> {
    /// The zone in which the value's wall-clock time is read; None, and a diagnostic, if there is no one zone.
    pub(super) fn zone_of(&mut self, value: &Typed<S>) -> Option<TimeZone> {
        match self.clock(value) {
            Clock::Any => Some(self.zone.clone()),
            Clock::Of(zone) => Some(zone),
            Clock::Several => self.clocks_differ(value),
        }
    }

    /// The zone in which instants become local times beside these values, which become `ty`.
    pub(super) fn common_zone(&mut self, values: &[Typed<S>], ty: &Type) -> Option<TimeZone> {
        let project = self.ctx.time_zone.clone();
        if *ty != Type::Datetime {
            return Some(project);
        }
        let column = |v: &&Typed<S>, ty: Type| v.ty == ty && literal_of(v).is_none();
        let wall = values.iter().find(|v| column(v, Type::Datetime));
        let instant = values.iter().find(|v| column(v, Type::Timestamp));
        let clocks = values.iter().map(|v| self.clock(v));
        match (clocks.fold(Clock::Any, Clock::and), instant) {
            (Clock::Any, None) if wall.is_some() => Some(self.zone.clone()),
            (Clock::Any, _) => Some(project),
            (Clock::Of(zone), None) => Some(zone),
            (Clock::Of(zone), Some(_)) if zone == project => Some(project),
            (Clock::Of(_) | Clock::Several, Some(instant)) => self.fail(
                &NOT_YET,
                instant.at.0,
                "a timestamp cannot meet the datetimes of a relation with its own `time_zone`",
                "compare it with a constant, or make both columns timestamps",
            ),
            (Clock::Several, None) => self.clocks_differ(wall?),
        }
    }

    pub(super) fn clock(&self, value: &Typed<S>) -> Clock {
        Clock::of(value, &self.ctx.time_zone, &|col| {
            self.scope.clock(col, self.ctx)
        })
    }

    fn clocks_differ<T>(&mut self, value: &Typed<S>) -> Option<T> {
        self.fail(
            &TYPE_MISMATCH,
            value.at.0,
            "datetimes of different time zones cannot meet: each is wall-clock time of its own relation",
            "make the columns timestamps, which are instants, or compare their dates: `cast(x as date)`",
        )
    }
}
