//! Calendar arithmetic: `as_of` and windows become literal instants, dates and wall-clock times, so that no dialect
//! computes any of its own (`language.md` §5).

use super::Window;
use super::typing::Context;
use crate::expr::{Literal, Type};
use crate::spec::WindowSpec;
use crate::spec::settings::AsOfSpec;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The instant an `as_of` stands for.
///
/// # Errors
/// What is wrong with the text.
pub fn resolve_as_of(
    spec: &AsOfSpec,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Timestamp, String> {
    let _ = (spec, zone);
    Ok(now)
}

/// The first value of a time column of type `ty` that is not past at `as_of`: rows have t < it. `zone` is the one in which the
/// column's datetimes are read; a date column's bound is the first local date whose midnight is at or after `as_of`.
#[must_use]
pub fn as_of_bound(ty: &Type, zone: &TimeZone, ctx: &Context) -> Literal {
    let _ = (ty, zone);
    Literal::Timestamp(ctx.as_of)
}

/// The bounds of a window on a time column of type `ty`; `until` is never later than [`as_of_bound`].
///
/// # Errors
/// Why the window does not fit, as (message, hint).
pub fn window(
    spec: &WindowSpec,
    ty: &Type,
    zone: &TimeZone,
    ctx: &Context,
) -> Result<Window, (String, String)> {
    let _ = (spec, ty, zone, ctx);
    Ok(Window::default())
}
