//! How the definitions of a project differ from those that were published.

use super::Published;
use super::published::entity_name;
use crate::model::{Model, Segment};

/// A segment's definition, beside the one that was published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Definition {
    #[default]
    Same,
    Added,
    Changed,
    /// It is not in the project any more, or is switched off.
    Removed,
    /// It takes over the members and the history of this name.
    Renamed {
        from: String,
        changed: bool,
    },
}

impl Definition {
    /// One word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Same => "unchanged",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Renamed { changed: true, .. } => "renamed and changed",
            Self::Renamed { changed: false, .. } => "renamed",
        }
    }

    /// The name that it had before, where that is another one.
    #[must_use]
    pub fn former(&self) -> Option<&str> {
        match self {
            Self::Renamed { from, .. } => Some(from),
            Self::Same | Self::Added | Self::Changed | Self::Removed => None,
        }
    }
}

/// The definition of a segment of an entity, and which of its parts differ.
pub(super) fn definition(
    model: &Model,
    published: &Published,
    segment: &str,
    entity: &str,
) -> (Definition, Vec<String>) {
    let found = model
        .segments
        .iter()
        .find(|s| s.enabled && s.name == segment && entity_name(model, s) == entity);
    let Some(found) = found else {
        return (Definition::Removed, Vec::new());
    };
    let former = published.renamed(found, entity);
    let name = former.unwrap_or(segment);
    // A former name may be retired: its stays go on all the same.
    let last = (published.segments.iter())
        .filter(|l| l.segment == name && l.entity == entity)
        .find(|l| former.is_some() || !l.retired);
    let Some(last) = last else {
        return (Definition::Added, Vec::new());
    };
    let kept = published.parts.get(&(name.to_owned(), entity.to_owned()));
    let differs = differing(found, kept);
    let changed = match (last.definition_hash.as_str(), kept) {
        // Refused under this very name: what it took over from a former one is known by its parts.
        ("", Some(_)) => !differs.is_empty(),
        (hash, _) => hash != found.definition_hash,
    };
    let differs = if changed { differs } else { Vec::new() };
    let definition = match (former, changed) {
        (Some(from), changed) => Definition::Renamed {
            from: from.to_owned(),
            changed,
        },
        (None, true) => Definition::Changed,
        (None, false) => Definition::Same,
    };
    (definition, differs)
}

/// The named parts of a definition as they are kept: `name=hash`, a line each.
#[must_use]
pub(super) fn kept(segment: &Segment) -> String {
    let line = |(name, hash): &(String, String)| format!("{name}={hash}");
    let lines: Vec<String> = segment.parts.iter().map(line).collect();
    lines.join("\n")
}

/// The names of the parts that are not as they were kept.
fn differing(segment: &Segment, kept: Option<&String>) -> Vec<String> {
    let Some(kept) = kept else {
        return Vec::new();
    };
    let before: Vec<(&str, &str)> = kept.lines().filter_map(|l| l.rsplit_once('=')).collect();
    let mut differs = Vec::new();
    for (name, hash) in &segment.parts {
        match before.iter().find(|(known, _)| known == name) {
            Some((_, same)) if same == hash => {}
            Some(_) => differs.push(name.clone()),
            None => differs.push(format!("{name} (new)")),
        }
    }
    for (name, _) in before {
        if segment.parts.iter().all(|(known, _)| known != name) {
            differs.push(format!("{name} (gone)"));
        }
    }
    differs
}
