//! What keeps a segment in order beside its condition: bounds on its size, reviews, a former name. `build` guards by it,
//! `segc explain` shows it; none of it is part of a definition.

use crate::source::Span;
use crate::spec::{Duration, Share, SizeSpec, UpkeepSpec};
use jiff::civil::Date;

/// What a segment says of its upkeep.
#[derive(Clone, Debug, Default)]
pub struct Upkeep {
    pub size: Option<Size>,
    pub max_change: Option<(Share, Span)>,
    pub review_every: Option<Duration>,
    pub reviewed_on: Option<Date>,
    /// The name that its history was published under, and where it is written.
    pub renamed_from: Option<(String, Span)>,
    /// Why nobody is suppressed in it.
    pub suppress_reason: Option<String>,
    /// Why nobody is held out of it.
    pub holdout_reason: Option<String>,
}

/// Bounds on the number of members, each included.
#[derive(Clone, Debug)]
pub struct Size {
    pub min: Option<u32>,
    pub max: Option<u32>,
    /// Of the entity's rows.
    pub max_share: Option<Share>,
    pub span: Span,
}

impl From<&SizeSpec> for Size {
    fn from(spec: &SizeSpec) -> Self {
        Self {
            min: spec.min.as_ref().map(|n| n.value),
            max: spec.max.as_ref().map(|n| n.value),
            max_share: spec.max_share.as_ref().map(|s| s.value),
            span: spec.span,
        }
    }
}

impl Upkeep {
    /// As written. `part` is the case or arm that it is about, whose former name is that of the item and its own.
    pub(super) fn of(spec: &UpkeepSpec, suppress_reason: Option<&str>, part: Option<&str>) -> Self {
        Self {
            size: spec.size.as_ref().map(Size::from),
            max_change: spec.max_change.as_ref().map(|s| (s.value, s.span)),
            review_every: spec.review_every.as_ref().map(|d| d.value),
            reviewed_on: spec.reviewed_on.as_ref().map(|d| d.value),
            renamed_from: spec.renamed_from.as_ref().map(|name| {
                let former = match part {
                    Some(part) => format!("{}.{part}", name.value),
                    None => name.value.clone(),
                };
                (former, name.span)
            }),
            suppress_reason: suppress_reason.map(str::to_owned),
            holdout_reason: spec.holdout_reason.as_ref().map(|r| r.value.clone()),
        }
    }
}
