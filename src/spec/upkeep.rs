//! What keeps a published segment in order: how large it may be, when someone last looked at it, what it was called before.

use super::share::{Share, share};
use super::{Duration, Name, keys, window};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::Node;
use crate::yaml::decode::{Fields, Reader};
use jiff::civil::Date;

/// What segments, groups and splits say of that.
#[derive(Clone, Debug, Default)]
pub struct UpkeepSpec {
    pub size: Option<SizeSpec>,
    pub max_change: Option<Spanned<Share>>,
    pub review_every: Option<Spanned<Duration>>,
    pub reviewed_on: Option<Spanned<Date>>,
    /// The name that its history was published under.
    pub renamed_from: Option<Name>,
    /// Why nobody is held out of it.
    pub holdout_reason: Option<Spanned<String>>,
}

/// `size:`: at least one bound.
#[derive(Clone, Debug)]
pub struct SizeSpec {
    pub min: Option<Spanned<u32>>,
    pub max: Option<Spanned<u32>>,
    /// Of the entity's rows.
    pub max_share: Option<Spanned<Share>>,
    /// The bounds.
    pub span: crate::source::Span,
}

/// The keys of an audience that are about this.
pub(super) fn upkeep(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<UpkeepSpec> {
    let size = optional(f, "size", |node| size(r, node));
    let max_change = optional(f, "max_change", |node| share(r, node));
    let review_every = optional(f, "review_every", |node| {
        let duration = window::duration(r, node)?;
        Some(Spanned::new(duration, node.span))
    });
    let reviewed_on = optional(f, "reviewed_on", |node| window::date(r, node));
    let renamed_from = optional(f, "renamed_from", |node| r.text_as(node, "a former name"));
    let holdout_reason = optional(f, "holdout_reason", |node| r.text(node));
    Some(UpkeepSpec {
        size: size?,
        max_change: max_change?,
        review_every: review_every?,
        reviewed_on: reviewed_on?,
        renamed_from: renamed_from?,
        holdout_reason: holdout_reason?,
    })
}

/// The value of a key that may be missing; the outer `Option` is "unreadable".
fn optional<T>(
    f: &Fields<'_>,
    key: &str,
    read: impl FnOnce(&Node) -> Option<T>,
) -> Option<Option<T>> {
    match f.get(key) {
        Some(node) => read(node).map(Some),
        None => Some(None),
    }
}

fn size(r: &mut Reader<'_>, node: &Node) -> Option<SizeSpec> {
    let f = r.fields(node, &keys::SIZE)?;
    let min = optional(&f, "min", |node| r.count(node));
    let max = optional(&f, "max", |node| r.count(node));
    let max_share = optional(&f, "max_share", |node| share(r, node));
    let size = SizeSpec {
        min: min?,
        max: max?,
        max_share: max_share?,
        span: node.span,
    };
    if let (Some(min), Some(max)) = (&size.min, &size.max)
        && min.value > max.value
    {
        r.diags.push(
            Diagnostic::error(
                &codes::EMPTY_SIZE,
                format!(
                    "no number is at least {} and at most {}",
                    min.value, max.value
                ),
            )
            .at(max.span, "the most")
            .at(min.span, "the least")
            .help("`min` is the smaller of the two"),
        );
        return None;
    }
    if size.min.is_none() && size.max.is_none() && size.max_share.is_none() {
        r.diags.push(
            Diagnostic::error(&codes::EMPTY_SIZE, "`size` has no bound")
                .at(node.span, "nothing in it")
                .help("add `min:`, `max:` or `max_share:`, or leave `size` out"),
        );
        return None;
    }
    Some(size)
}
