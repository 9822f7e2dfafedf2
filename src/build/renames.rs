//! Renamed segments: those that go on with what a former name has, those that cannot, and those of which nobody has said it.

use super::published::{LastRun, entity_name};
use super::read::SegmentCounts;
use super::{Policy, Published};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::model::{Model, Segment};

impl Published {
    /// The former name of a segment, where its members and history are still under that.
    #[must_use]
    pub fn renamed<'a>(&self, segment: &'a Segment, entity: &str) -> Option<&'a str> {
        let (former, _) = segment.upkeep.renamed_from.as_ref()?;
        let goes_on = match self.known(&segment.name, entity) {
            None => self.known(former, entity).is_some(),
            Some(_) => self.comes_back(segment, entity) && !self.has_past(segment, entity),
        };
        goes_on.then_some(former.as_str())
    }

    /// Whether a retired name is to take over from one that is published.
    fn comes_back(&self, segment: &Segment, entity: &str) -> bool {
        let former = segment.upkeep.renamed_from.as_ref();
        let known = self.known(&segment.name, entity);
        known.is_some_and(|l| l.retired)
            && former.is_some_and(|(former, _)| self.last(former, entity).is_some())
    }

    fn has_past(&self, segment: &Segment, entity: &str) -> bool {
        self.pasts
            .contains(&(segment.name.clone(), entity.to_owned()))
    }

    fn known(&self, name: &str, entity: &str) -> Option<&LastRun> {
        let segments = &mut self.segments.iter();
        segments.find(|l| l.segment == name && l.entity == entity)
    }
}

/// Whether it is a former name, of which the segment that takes over tells.
pub(super) fn taken_over(
    model: &Model,
    policy: &Policy,
    published: &Published,
    counts: &SegmentCounts,
) -> bool {
    policy.selected(model).any(|s| {
        entity_name(model, s) == counts.entity
            && published.renamed(s, &counts.entity) == Some(counts.segment.as_str())
    })
}

/// Reports names that cannot take over, and segments that seem to be renamed.
pub(super) fn check(
    model: &Model,
    policy: &Policy,
    published: &Published,
    diags: &mut Diagnostics,
) {
    let gone = published.gone(model, policy);
    for segment in policy.selected(model) {
        let entity = entity_name(model, segment);
        if let Some((former, span)) = &segment.upkeep.renamed_from
            && published.comes_back(segment, entity)
            && published.has_past(segment, entity)
        {
            let name = &segment.name;
            diags.push(
                Diagnostic::error(
                    &codes::build::NAME_HAS_A_PAST,
                    format!("`{name}` cannot take over from `{former}`: it has a history of its own"),
                )
                .at(*span, "whose history would it be?")
                .note(format!("a segment `{name}` was published before, and retired"))
                .help("choose a name that was never used, or leave `renamed_from` out: then everybody enters anew"),
            );
        } else if published.last(&segment.name, entity).is_none()
            && published.renamed(segment, entity).is_none()
            && let Some(same) = gone
                .iter()
                .find(|g| g.entity == entity && g.definition_hash == segment.definition_hash)
        {
            let former = &same.segment;
            diags.push(
                Diagnostic::warning(
                    &codes::build::SEEMS_RENAMED,
                    format!(
                        "`{}` has the definition of `{former}`, which has left the project",
                        segment.name
                    ),
                )
                .at(segment.span, "everybody enters this one anew")
                .help(format!(
                    "if it is the same segment, say `renamed_from: {former}`"
                )),
            );
        }
    }
}
