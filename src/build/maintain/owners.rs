//! Whose a relation of the output schema is, by its name.

use crate::build::tables::{Names, flat};
use crate::build::{Policy, Published};
use crate::model::Model;

/// Who owns a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The project as it is, its ledger, or a segment that it still publishes.
    Project,
    /// A segment that has left the project, by its name.
    Retired(String),
    /// A segment of the project, but no channel of it.
    NoChannel(String),
    /// Staging of this run (its id in lower case).
    Staging(String),
    /// Nobody; yet the name, or the comment, is of the kind that segc gives.
    Nobody,
    /// Not of segc's kind.
    Foreign,
}

/// What an entity publishes, by the ends of names.
const OF_ENTITIES: [&str; 6] = [
    "members", "history", "changes", "traits", "channels", "wide",
];

/// Entities of the project and of its ledger.
pub(super) fn entities<'a>(model: &'a Model, published: &'a Published) -> Vec<&'a str> {
    let mut names: Vec<&str> = model.entities.iter().map(|e| e.name.as_str()).collect();
    names.extend(published.segments.iter().map(|l| l.entity.as_str()));
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn owner(
    relation: &str,
    model: &Model,
    policy: &Policy,
    published: &Published,
) -> Owner {
    let names = policy.names();
    let own = relation.strip_prefix(names.prefix).unwrap_or(relation);
    if let Some(rest) = own.strip_prefix("segc_stage_") {
        return Owner::Staging(rest.split('_').next().unwrap_or(rest).to_owned());
    }
    let ledger = [
        names.state(),
        names.runs(),
        names.run_segments(),
        names.run_sources(),
        names.catalog(),
        names.segments(),
    ];
    let of_entity = |name: &&str| OF_ENTITIES.iter().any(|w| names.of(name, w) == relation);
    if ledger.iter().any(|name| name == relation)
        || entities(model, published).iter().any(of_entity)
    {
        return Owner::Project;
    }
    if let Some(found) = of_segments(relation, model, names, published) {
        return found;
    }
    let marked = (published.comments.get(relation)).is_some_and(|c| c.starts_with("segc:"));
    let columns = |name: &str| published.column_type(relation, name).is_some();
    let named = relation.starts_with(names.prefix)
        && (own.starts_with("segc_")
            || own.starts_with("seg_")
            || (columns("entity_key")
                && OF_ENTITIES.iter().any(|w| own.ends_with(&format!("_{w}")))));
    if (marked || named) && !of_others(relation, names.prefix, published) {
        Owner::Nobody
    } else {
        Owner::Foreign
    }
}

/// Whether another project publishes to the same schema, by whose prefix the name begins, and by no longer one of this project.
fn of_others(relation: &str, own: &str, published: &Published) -> bool {
    let ledgers = published.relations.keys();
    let prefixes = ledgers.filter_map(|name| name.strip_suffix("segc_state"));
    let begins = prefixes.chain([own]).filter(|p| relation.starts_with(p));
    begins
        .max_by_key(|p| p.len())
        .is_some_and(|longest| longest != own)
}

/// A segment of the project, or else one of the ledger; the longest name, where a channel's view could be of two.
fn of_segments(
    relation: &str,
    model: &Model,
    names: Names<'_>,
    published: &Published,
) -> Option<Owner> {
    for segment in model.segments.iter().filter(|s| s.enabled) {
        let channels = model.entities.get(segment.entity.index());
        let reached = |c: &usize| {
            let channel = channels.and_then(|e| e.channels.get(*c));
            channel.is_some_and(|c| names.channel(&segment.name, &c.name) == relation)
        };
        if names.segment(&segment.name) == relation || segment.channels.iter().any(reached) {
            return Some(Owner::Project);
        }
    }
    let here = |name: &str| model.segments.iter().any(|s| s.enabled && s.name == name);
    // What has left the project, but not by a build yet, still has its members.
    let live = |name: &str| (published.segments.iter()).any(|l| l.segment == name && !l.retired);
    let known = published.segments.iter().map(|l| &l.segment);
    let known = known.chain(&published.only_refused).map(String::as_str);
    let known = known.filter(|name| {
        let view = names.segment(name);
        relation == view || relation.starts_with(&format!("{view}__"))
    });
    let name = known.max_by_key(|name| flat(name).len())?;
    let own = names.segment(name) == relation;
    Some(match (here(name), live(name)) {
        (true, _) if !own => Owner::NoChannel(name.to_owned()),
        (false, false) => Owner::Retired(name.to_owned()),
        (true | false, true) | (true, false) => Owner::Project,
    })
}
