//! `stopped`, `restarted` and `regularly` as written: how a habit of an entity has changed, or that it has one.

use super::condition::{Duration, relation, tail};
use super::{Name, window};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::snippet::Snippet;
use crate::source::Spanned;
use crate::yaml::Node;
use crate::yaml::decode::{Fields, Reader};

#[derive(Clone, Debug)]
pub struct Habit {
    pub relation: Name,
    pub filter: Vec<Snippet>,
    pub kind: HabitKind,
}

#[derive(Clone, Debug)]
pub enum HabitKind {
    /// A row in `active`, none in `quiet`, which is the shorter.
    Stopped {
        active: Spanned<Duration>,
        quiet: Spanned<Duration>,
    },
    /// A row before `active`, none in it until `quiet`, a row in `quiet`.
    Restarted {
        active: Spanned<Duration>,
        quiet: Spanned<Duration>,
    },
    /// So many rows (`times`; a tail) in at least `periods.0` of the last `periods.1` periods.
    Regularly {
        every: Spanned<Duration>,
        periods: Spanned<(u32, u32)>,
        times: Option<Snippet>,
    },
}

/// No more periods than this: each is a measure of its own.
const MAX_PERIODS: u32 = 366;

/// `stopped: sessions, active: 90 days, quiet: 30 days`
pub(super) fn stopped(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<Habit> {
    let (active, quiet) = (span(r, f, "active"), span(r, f, "quiet"));
    let kind =
        shorter(r, active, quiet).map(|(active, quiet)| HabitKind::Stopped { active, quiet });
    habit(r, f, value, kind)
}

/// `restarted: sessions, active: 90 days, quiet: 30 days`
pub(super) fn restarted(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<Habit> {
    let (active, quiet) = (span(r, f, "active"), span(r, f, "quiet"));
    let kind =
        shorter(r, active, quiet).map(|(active, quiet)| HabitKind::Restarted { active, quiet });
    habit(r, f, value, kind)
}

/// `regularly: orders, every: 1 month, periods: 3 of 6`
pub(super) fn regularly(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<Habit> {
    let every = span(r, f, "every");
    let periods = f.get("periods").and_then(|n| periods(r, n));
    let times = tail(r, f, "times");
    let kind = (|| {
        let (every, periods, times) = (every?, periods?, times?);
        if every.value.count.checked_mul(periods.value.1).is_none() {
            r.diags.push(
                Diagnostic::error(&codes::BAD_DURATION, "the periods reach too far back")
                    .at(every.span, "the number is too large")
                    .help("write shorter periods"),
            );
            return None;
        }
        Some(HabitKind::Regularly {
            every,
            periods,
            times,
        })
    })();
    habit(r, f, value, kind)
}

fn habit(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    value: &Node,
    kind: Option<HabitKind>,
) -> Option<Habit> {
    let relation = relation(r, value);
    let filter = f.get("where").map(|n| r.sqls(n)).unwrap_or_default();
    let readable = f.get("where").is_none() || !filter.is_empty();
    let (relation, kind) = (relation?, kind?);
    readable.then_some(Habit {
        relation,
        filter,
        kind,
    })
}

fn span(r: &mut Reader<'_>, f: &Fields<'_>, key: &str) -> Option<Spanned<Duration>> {
    let node = f.get(key)?;
    Some(Spanned::new(window::duration(r, node)?, node.span))
}

/// `quiet` is the end of `active`, so that it has to be shorter.
fn shorter(
    r: &mut Reader<'_>,
    active: Option<Spanned<Duration>>,
    quiet: Option<Spanned<Duration>>,
) -> Option<(Spanned<Duration>, Spanned<Duration>)> {
    let (active, quiet) = (active?, quiet?);
    if window::never_longer(active.value, quiet.value) {
        r.diags.push(
            Diagnostic::error(&codes::EMPTY_WINDOW, "`quiet` is not shorter than `active`")
                .at(quiet.span, "no time of `active` lies before it")
                .at(active.span, "how long is looked back in all")
                .help("`quiet` is the last part of `active`: `active: 90 days, quiet: 30 days`"),
        );
        return None;
    }
    Some((active, quiet))
}

/// `3 of 6`
fn periods(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<(u32, u32)>> {
    const EXPECTED: &str = "how many of how many periods, as `3 of 6`";
    let text = r.scalar(node, EXPECTED)?;
    let parsed = text.split_once(" of ").and_then(|(least, of)| {
        let number = |t: &str| t.trim().parse::<u32>().ok();
        Some((number(least)?, number(of)?))
    });
    let Some((least, of)) = parsed else {
        r.diags.push(
            Diagnostic::error(
                &codes::WRONG_TYPE,
                format!("expected {EXPECTED}, found `{}`", text.value),
            )
            .at(text.span, "two whole numbers with `of` between them")
            .help("`periods: 6 of 6` is every one of the last six"),
        );
        return None;
    };
    let meant = "`periods: 3 of 6` asks for three or more of the last six";
    let wrong = if least == 0 {
        Some((
            "none of them needs a row, so that it is true of everybody",
            meant,
        ))
    } else if least > of {
        Some(("there are not so many", meant))
    } else if of > MAX_PERIODS {
        Some((
            "at most 366 periods",
            "write a longer period after `every:`, and fewer of them",
        ))
    } else {
        None
    };
    if let Some((wrong, help)) = wrong {
        r.diags.push(
            Diagnostic::error(&codes::IMPOSSIBLE_COUNT, format!("{least} of {of} periods"))
                .at(text.span, wrong)
                .help(help),
        );
        return None;
    }
    Some(Spanned::new((least, of), text.span))
}
