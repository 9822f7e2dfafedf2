//! The instant as of which everything is asked: the flag's, else the project's; never one of the future.

use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::calendar;
use crate::source::{SourceMap, Span};
use crate::spec::Settings;
use crate::spec::settings::{self, AsOfSpec};
use jiff::Timestamp;

/// Resolves `as_of`; `flag` is `--as-of`, `now` the one reading of the clock.
pub fn as_of(
    settings: &Settings,
    flag: Option<&str>,
    now: Timestamp,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Option<Timestamp> {
    let zone = settings::zone(&settings.time_zone.value)?;
    let (spec, span) = match flag {
        Some(text) => {
            let file = sources.add("--as-of", text);
            (AsOfSpec::of(text), Span::new(file, 0, text.len()))
        }
        None => (settings.as_of.value.clone(), settings.as_of.span),
    };
    match calendar::resolve_as_of(&spec, now, &zone) {
        Err(problem) => {
            diags.push(
                Diagnostic::error(&codes::BAD_AS_OF, problem)
                    .at(
                        span,
                        "expected `now`, `today`, a date, a local time or an instant",
                    )
                    .help("write a time as in 2026-01-31, 2026-01-31 09:00 or 2026-01-31T09:00Z"),
            );
            None
        }
        Ok(as_of) if as_of > now => {
            diags.push(
                Diagnostic::error(&codes::BAD_AS_OF, "`as_of` lies in the future")
                    .at(span, format!("this is {as_of}"))
                    .note(format!("it is {now} now"))
                    .help("give an instant of the past, or leave it out for now"),
            );
            None
        }
        Ok(as_of) => Some(as_of),
    }
}
