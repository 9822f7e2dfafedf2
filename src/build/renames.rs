//! Renamed segments: those that go on with what a former name has, those that cannot, and those of which nobody has said it.

use super::published::{LastRun, entity_name};
use super::read::SegmentCounts;
use super::{Policy, Published};
use crate::diag::{Diagnostic, Diagnostics, codes, nearest};
use crate::model::{Model, Segment};
use std::collections::BTreeSet;

impl Published {
    /// The former name of a segment of this entity, where its members and history are still under that.
    #[must_use]
    pub fn renamed<'a>(&self, segment: &'a Segment, entity: &str) -> Option<&'a str> {
        let (former, _) = segment.upkeep.renamed_from.as_ref()?;
        let known = |name: &str| (self.segments.iter()).any(|l| is(l, name, entity));
        let goes_on = self.last(&segment.name, entity).is_none()
            && !self.has_past(&segment.name, entity)
            && (self.has_something(former, entity) || known(former) && !known(&segment.name));
        goes_on.then_some(former.as_str())
    }

    /// Whether a segment takes over from this entity's name.
    pub(super) fn is_former(
        &self,
        model: &Model,
        segment: &Segment,
        (entity, name): (&str, &str),
    ) -> bool {
        entity_name(model, segment) == entity && self.renamed(segment, entity) == Some(name)
    }

    /// Members or stays.
    fn has_something(&self, name: &str, entity: &str) -> bool {
        self.last(name, entity).is_some() || self.has_past(name, entity)
    }

    fn has_past(&self, name: &str, entity: &str) -> bool {
        self.pasts.contains(&(name.to_owned(), entity.to_owned()))
    }
}

fn is(last: &LastRun, name: &str, entity: &str) -> bool {
    last.segment == name && last.entity == entity
}

/// Whether it is a former name, of which the segment that takes over tells.
pub(super) fn taken_over(
    model: &Model,
    policy: &Policy,
    published: &Published,
    counts: &SegmentCounts,
) -> bool {
    let named = (counts.entity.as_str(), counts.segment.as_str());
    (policy.selected(model)).any(|s| published.is_former(model, s, named))
}

/// Reports names that cannot take over, and segments that seem to be renamed.
pub(super) fn check(
    model: &Model,
    policy: &Policy,
    published: &Published,
    diags: &mut Diagnostics,
) {
    let mut refused = BTreeSet::new();
    // Whatever is selected: conditions on stays read those of the former name, too.
    for segment in model.segments.iter().filter(|s| s.enabled) {
        let (name, entity) = (&segment.name, entity_name(model, segment));
        let Some((former, span)) = &segment.upkeep.renamed_from else {
            continue;
        };
        let own = match published.last(name, entity) {
            // Once it has taken over, the former name is retired.
            Some(_) if published.last(former, entity).is_some() => "is published",
            None if published.has_past(name, entity) && published.has_something(former, entity) => {
                "was published before, and retired"
            }
            Some(_) | None => continue,
        };
        refused.insert(name);
        diags.push(
            Diagnostic::error(
                &codes::build::NAME_HAS_A_PAST,
                format!("`{name}` cannot take over from `{former}`: it has a history of its own"),
            )
            .at(*span, "whose history would it be?")
            .note(format!("a segment `{name}` {own}"))
            .help("choose a name that was never used, or leave `renamed_from` out: then everybody enters anew"),
        );
    }
    let left = |last: &&LastRun| {
        let stays = |s: &Segment| {
            is(last, &s.name, entity_name(model, s)) || published.is_former(model, s, last.named())
        };
        !last.retired && !model.segments.iter().any(stays)
    };
    let left: Vec<&LastRun> = published.segments.iter().filter(left).collect();
    let (mut told, mut asked) = (BTreeSet::new(), BTreeSet::new());
    for segment in policy.selected(model) {
        let (name, entity) = (&segment.name, entity_name(model, segment));
        let same = |l: &&&LastRun| {
            let alike = whole(name).is_some() == whole(&l.segment).is_some();
            alike && l.entity == entity && l.definition_hash == segment.definition_hash
        };
        let is_new = published.last(name, entity).is_none();
        let goes_on = published.renamed(segment, entity).is_some() || refused.contains(name);
        if !is_new || goes_on {
            continue;
        }
        let Some(former) = left.iter().find(same) else {
            nothing_to_go_on_with(published, model, segment, entity, &mut asked, diags);
            continue;
        };
        let former = &former.segment;
        let help = match (whole(name), whole(former)) {
            // Groups and splits are renamed as a whole.
            (Some(now), Some(then)) if told.insert((now, then)) => {
                format!("if `{now}` is what `{then}` was, say `renamed_from: {then}` there")
            }
            (Some(_), Some(_)) => continue,
            (Some(_) | None, _) => {
                format!("if it is the same segment, say `renamed_from: {former}`")
            }
        };
        diags.push(
            Diagnostic::warning(
                &codes::build::SEEMS_RENAMED,
                format!("`{name}` has the definition of `{former}`, which has left the project"),
            )
            .at(segment.span, "everybody enters this one anew")
            .help(help),
        );
    }
}

/// Reports a former name under which nothing of the entity was published, where something else was; of a group or split once.
fn nothing_to_go_on_with<'a>(
    published: &Published,
    model: &Model,
    segment: &'a Segment,
    entity: &str,
    told: &mut BTreeSet<&'a str>,
    diags: &mut Diagnostics,
) {
    let Some((former, span)) = &segment.upkeep.renamed_from else {
        return;
    };
    let now = (published.segments.iter()).map(|l| (&l.segment, &l.entity));
    let past = published.pasts.iter().map(|(name, entity)| (name, entity));
    let names: BTreeSet<&str> = (now.chain(past))
        .filter(|(_, of)| *of == entity)
        .map(|(name, _)| item(name))
        .collect();
    let (name, former) = (item(&segment.name), item(former));
    let known = names.contains(former) || names.contains(name);
    if names.is_empty() || known || !told.insert(name) {
        return;
    }
    // What the project still has is not what this was.
    let still_there = |name: &str| model.segments.iter().any(|s| item(&s.name) == name);
    let left = names.into_iter().filter(|n| !still_there(n));
    diags.push(
        Diagnostic::warning(
            &codes::build::RENAMED_FROM_NOTHING,
            format!("`{name}` is renamed from `{former}`, and nothing was published as that"),
        )
        .at(*span, "everybody enters it anew")
        .help(match nearest(former, left) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name what it was published as, or leave `renamed_from` out".to_owned(),
        }),
    );
}

/// The name of what is written: a segment, or the group or split that a case or arm is of.
fn item(name: &str) -> &str {
    whole(name).unwrap_or(name)
}

/// The name of the group or split that a case or arm is of.
fn whole(name: &str) -> Option<&str> {
    name.split_once('.').map(|(whole, _)| whole)
}
