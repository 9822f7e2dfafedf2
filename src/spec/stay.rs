//! `entered`, `exited` and `member_for` as written: what earlier builds have published of a segment.

use super::condition::{Duration, WindowSpec};
use super::{Name, window};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

#[derive(Clone, Debug)]
pub enum Stay {
    Entered {
        segment: Name,
        window: Option<Spanned<WindowSpec>>,
    },
    Exited {
        segment: Name,
        window: Option<Spanned<WindowSpec>>,
    },
    /// All of these.
    MemberFor(Vec<(Name, Spanned<Length>)>),
}

/// How long a stay has lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    AtLeast(Duration),
    MoreThan(Duration),
    AtMost(Duration),
    LessThan(Duration),
    /// The shorter, then the longer; both included.
    Between(Duration, Duration),
}

impl Stay {
    /// Calls `f` with every segment it names.
    pub fn each_segment<'a>(&'a self, f: &mut dyn FnMut(&'a Name)) {
        match self {
            Self::Entered { segment, .. } | Self::Exited { segment, .. } => f(segment),
            Self::MemberFor(of) => of.iter().for_each(|(segment, _)| f(segment)),
        }
    }
}

/// `entered: vip, within: 7 days`
pub(super) fn entered(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<Stay> {
    let (segment, window) = moved(r, f, value);
    Some(Stay::Entered {
        segment: segment?,
        window: window?,
    })
}

/// `exited: vip, within: 7 days`
pub(super) fn exited(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> Option<Stay> {
    let (segment, window) = moved(r, f, value);
    Some(Stay::Exited {
        segment: segment?,
        window: window?,
    })
}

/// The inner `Option` is "none written".
type Window = Option<Option<Spanned<WindowSpec>>>;

fn moved(r: &mut Reader<'_>, f: &Fields<'_>, value: &Node) -> (Option<Name>, Window) {
    (r.text_as(value, "a segment"), window::window(r, f))
}

/// `member_for: {vip: ">= 30 days"}`
pub(super) fn member_for(r: &mut Reader<'_>, value: &Node) -> Option<Stay> {
    const EXPECTED: &str = "a map of segments, as `{vip: \">= 30 days\"}`";
    let entries = r.entries(value, EXPECTED);
    if matches!(&value.kind, NodeKind::Map(entries) if entries.is_empty()) {
        let diagnostic = r.mismatch(value, EXPECTED);
        r.diags.push(diagnostic);
    }
    let read: Vec<Option<(Name, Spanned<Length>)>> = entries
        .iter()
        .map(|(segment, node)| Some((segment.clone(), length(r, node)?)))
        .collect();
    let of: Vec<_> = read.into_iter().collect::<Option<_>>()?;
    (!of.is_empty()).then_some(Stay::MemberFor(of))
}

fn length(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<Length>> {
    const EXPECTED: &str = "how long, as `\">= 30 days\"`";
    let text = r.text_as(node, EXPECTED)?;
    match parse(&text) {
        Ok(length) => Some(Spanned::new(length, text.span)),
        Err(hint) => {
            r.diags.push(
                Diagnostic::error(
                    &codes::BAD_DURATION,
                    format!("expected {EXPECTED}, found `{}`", text.value),
                )
                .at(text.span, "a comparison with a duration")
                .help(hint),
            );
            None
        }
    }
}

fn parse(text: &str) -> Result<Length, String> {
    let duration = |text: &str| match window::parse_duration(text) {
        Ok(duration) if duration.count == 0 => Err("the shortest is `1 second`".to_owned()),
        Ok(duration) => Ok(duration),
        Err(hint) => Err(hint),
    };
    let text = text.trim();
    if let Some(rest) = text.strip_prefix(">=") {
        return duration(rest).map(Length::AtLeast);
    }
    if let Some(rest) = text.strip_prefix("<=") {
        return duration(rest).map(Length::AtMost);
    }
    if let Some(rest) = text.strip_prefix('>') {
        return duration(rest).map(Length::MoreThan);
    }
    if let Some(rest) = text.strip_prefix('<') {
        return duration(rest).map(Length::LessThan);
    }
    if let Some((short, long)) = text
        .strip_prefix("between ")
        .and_then(|rest| rest.split_once(" and "))
    {
        let (short, long) = (duration(short)?, duration(long)?);
        if window::never_longer(long, short) {
            return Err("write the shorter first: `between 30 days and 60 days`".to_owned());
        }
        return Ok(Length::Between(short, long));
    }
    Err(match duration(text) {
        Ok(_) => format!("write `\">= {text}\"`"),
        Err(_) => {
            "write `\">= 30 days\"`, `\"< 7 days\"` or `between 30 days and 60 days`".to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Unit;

    #[test]
    fn lengths_of_stays() {
        let days = |count| Duration {
            count,
            unit: Unit::Day,
        };
        assert_eq!(parse(">= 30 days"), Ok(Length::AtLeast(days(30))));
        assert_eq!(parse("> 30 days"), Ok(Length::MoreThan(days(30))));
        assert_eq!(parse(" <= 1 day"), Ok(Length::AtMost(days(1))));
        assert_eq!(parse("<7 days"), Ok(Length::LessThan(days(7))));
        assert_eq!(
            parse("between 1 day and 3 days"),
            Ok(Length::Between(days(1), days(3)))
        );
        for wrong in [
            "",
            "30 days",
            "= 30 days",
            ">= 30",
            ">= 0 days",
            "between 3 days and 1 day",
            "between 1 day",
            ">= many days",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
