//! `definition_hash`: a name for what a trait or segment means, which changes when and only when its definition or
//! anything that it refers to does. Made of texts and of the hashes of what is referred to, so all of them together take
//! linear time. Neither `as_of` nor the data has a part in it.

use super::items::{Items, Made};
use super::segments::EntityUses;
use super::typing::Context;
use super::world::World;
use super::{EntityId, RelationId, SegmentId, SegmentKind, TraitId};
use sha2::{Digest, Sha256};

/// A name for a text.
#[must_use]
pub fn text_hash(text: &str) -> String {
    digest([text])
}

/// SHA-256 over parts, each preceded by its length, in hex.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    let mut hex = String::with_capacity(2 * hash.len());
    for byte in hash {
        let digits = [byte >> 4, byte & 15].map(|n| char::from_digit(n.into(), 16));
        hex.extend(digits.into_iter().flatten());
    }
    hex
}

/// The values of the project's variables that a text names.
fn vars(canonical: &str, ctx: &Context) -> String {
    if !canonical.contains("var(") {
        return String::new();
    }
    let mut values = String::new();
    for (name, value, ty) in &ctx.vars {
        let named = [format!("'{name}'"), format!("\"{name}\"")];
        if named.iter().any(|n| canonical.contains(n.as_str())) {
            values.push_str(&format!("{name}={value:?}:{ty};"));
        }
    }
    values
}

/// The text of an entity in parts: what everybody depends on, its suppression, its channels. Relations have texts of their own.
struct EntityText {
    base: String,
    suppress: String,
    channels: String,
}

fn entity_text(canonical: &str) -> EntityText {
    let part = |key: &str, value: &mut serde_json::Value| {
        value
            .as_object_mut()
            .and_then(|map| map.shift_remove(key))
            .map_or_else(String::new, |v| v.to_string())
    };
    match serde_json::from_str::<serde_json::Value>(canonical) {
        Ok(mut value) => {
            let suppress = part("suppress", &mut value);
            let channels = part("channels", &mut value);
            part("relations", &mut value);
            EntityText {
                base: value.to_string(),
                suppress,
                channels,
            }
        }
        Err(_) => EntityText {
            base: canonical.to_owned(),
            suppress: String::new(),
            channels: String::new(),
        },
    }
}

/// Fills in the hashes of all traits and segments.
pub(super) fn fill(world: &mut World, items: &mut Items, entities: &[EntityUses], ctx: &Context) {
    let base = format!(
        "{};{:?}",
        ctx.time_zone.iana_name().unwrap_or("UTC"),
        ctx.week_start
    );
    let texts: Vec<EntityText> = entities.iter().map(|e| entity_text(&e.canonical)).collect();
    let entity_hashes: Vec<String> = texts
        .iter()
        .map(|text| digest([base.as_str(), &text.base, &vars(&text.base, ctx)]))
        .collect();
    let entity_hash = |id: EntityId| entity_hashes.get(id.index()).map_or("", String::as_str);

    let mut relation_hashes: Vec<String> = Vec::with_capacity(world.relations.len());
    for info in &world.relations {
        let parent = info
            .parent
            .and_then(|p| relation_hashes.get(p.index()))
            .map_or("", String::as_str);
        let vars = vars(&info.canonical, ctx);
        relation_hashes.push(digest([info.canonical.as_str(), &vars, parent]));
    }
    let relation_parts = |ids: &[RelationId]| -> Vec<&str> {
        let mut parts: Vec<&str> = ids
            .iter()
            .filter_map(|id| relation_hashes.get(id.index()))
            .map(String::as_str)
            .collect();
        parts.sort_unstable();
        parts
    };

    let (traits, resolved) = (&items.traits, &mut items.segments);
    let item_hashes: Vec<String> = resolved
        .canonical
        .iter()
        .map(|text| digest([text.as_str(), &vars(text, ctx)]))
        .collect();
    let mut trait_hashes: Vec<String> = Vec::with_capacity(traits.len());
    let mut raw: Vec<String> = Vec::with_capacity(resolved.segments.len());
    for made in &items.order {
        match made {
            Made::Trait(id) => {
                let (Some(found), Some(uses)) =
                    (world.traits.get(id.index()), traits.get(id.index()))
                else {
                    continue;
                };
                let vars = vars(&uses.canonical, ctx);
                let mut parts = vec![uses.canonical.as_str(), &vars, entity_hash(found.entity)];
                parts.extend(relation_parts(&uses.relations));
                parts.extend(parts_of(&uses.traits, &trait_hashes));
                parts.extend(segment_parts(&uses.references, &raw));
                let hash = digest(parts);
                trait_hashes.push(hash);
            }
            Made::Segment(id) => {
                let (Some(segment), Some(uses)) = (
                    resolved.segments.get(id.index()),
                    resolved.uses.get(id.index()),
                ) else {
                    continue;
                };
                let (item, case) = &uses.canonical;
                let mut parts = vec![
                    item_hashes.get(*item).map_or("", String::as_str),
                    case.as_deref().unwrap_or(""),
                    entity_hash(segment.entity),
                ];
                parts.extend(relation_parts(&uses.relations));
                parts.extend(parts_of(&segment.traits, &trait_hashes));
                parts.extend(segment_parts(&segment.references, &raw));
                let hash = digest(parts);
                raw.push(hash);
            }
        }
    }

    let shared: Vec<(String, String)> = texts
        .iter()
        .zip(entities)
        .map(|(text, uses)| {
            let mut suppress = vec![text.suppress.as_str()];
            suppress.extend(parts_of(&uses.traits, &trait_hashes));
            suppress.extend(segment_parts(&uses.references, &raw));
            let mut channels = vec![text.channels.as_str()];
            channels.extend(parts_of(&uses.channel_traits, &trait_hashes));
            (digest(suppress), digest(channels))
        })
        .collect();
    let holdout = resolved
        .segments
        .iter()
        .position(|s| s.kind == SegmentKind::Holdout)
        .and_then(|n| raw.get(n));
    let segment_names: Vec<String> = resolved.segments.iter().map(|s| s.name.clone()).collect();
    for ((segment, uses), raw_hash) in resolved.segments.iter_mut().zip(&resolved.uses).zip(&raw) {
        let entity = world.entities.get(segment.entity.index());
        let mut list = vec![
            named("itself", item_hashes.get(uses.canonical.0)),
            named(
                &format!("entity {}", entity.map_or("", |e| e.entity.name.as_str())),
                entity_hashes.get(segment.entity.index()),
            ),
        ];
        for id in &uses.relations {
            let name = world
                .relations
                .get(id.index())
                .map_or("", |r| &r.relation.name);
            list.push(named(
                &format!("relation {name}"),
                relation_hashes.get(id.index()),
            ));
        }
        for id in &segment.traits {
            let name = world.traits.get(id.index()).map_or("", |t| t.name.as_str());
            list.push(named(
                &format!("trait {name}"),
                trait_hashes.get(id.index()),
            ));
        }
        for id in &segment.references {
            let name = segment_names.get(id.index()).map_or("", String::as_str);
            list.push(named(&format!("segment {name}"), raw.get(id.index())));
        }
        let mut parts = vec![raw_hash.as_str()];
        if let Some(holdout) = holdout.filter(|_| segment.held_out) {
            parts.push(holdout);
            list.push(named("the holdout", Some(holdout)));
        }
        if let Some((suppress, channels)) = shared.get(segment.entity.index()) {
            if segment.suppressed {
                parts.push(suppress);
                list.push(named("suppression", Some(suppress)));
            }
            if !segment.channels.is_empty() {
                parts.push(channels);
                list.push(named("channels", Some(channels)));
            }
        }
        segment.definition_hash = digest(parts);
        list.sort();
        list.dedup();
        segment.parts = list;
    }
    for (found, hash) in world.traits.iter_mut().zip(trait_hashes) {
        found.definition_hash = hash;
    }
}

/// A part of a definition and the beginning of its hash: enough to tell it from another one of the same name.
fn named(name: &str, hash: Option<&String>) -> (String, String) {
    let hash = hash.and_then(|h| h.get(..16)).unwrap_or_default();
    (name.to_owned(), hash.to_owned())
}

fn parts_of<'a>(ids: &[TraitId], hashes: &'a [String]) -> Vec<&'a str> {
    let mut parts: Vec<&str> = ids
        .iter()
        .filter_map(|id| hashes.get(id.index()))
        .map(String::as_str)
        .collect();
    parts.sort_unstable();
    parts
}

fn segment_parts<'a>(ids: &[SegmentId], hashes: &'a [String]) -> Vec<&'a str> {
    let mut parts: Vec<&str> = ids
        .iter()
        .filter_map(|id| hashes.get(id.index()))
        .map(String::as_str)
        .collect();
    parts.sort_unstable();
    parts
}
