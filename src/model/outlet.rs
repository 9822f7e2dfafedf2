//! What segments publish: exposed columns and channels. That no two views have one name is `spec`'s.

use super::tables::some_of;
use super::world::{EntityName, World};
use super::{EntityId, Expose, TraitId};
use crate::diag::codes::model::{DUPLICATE, RESERVED, UNKNOWN_CHANNEL};
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use crate::spec::Name;
use std::collections::HashMap;

/// What segments and groups publish.
pub(super) struct Published<'a> {
    pub(super) expose: &'a [Name],
    pub(super) channels: &'a [Name],
}

/// What of it was found.
pub(super) struct Outlet {
    pub(super) expose: Vec<Expose>,
    pub(super) traits: Vec<TraitId>,
    pub(super) channels: Vec<usize>,
}

/// Checks what a segment's views show and whom they reach.
pub(super) fn outlet(
    spec: &Published<'_>,
    entity: EntityId,
    world: &World,
    diags: &mut Diagnostics,
) -> Outlet {
    let mut out = Outlet {
        expose: Vec::new(),
        traits: Vec::new(),
        channels: Vec::new(),
    };
    let Some(info) = world.entity(entity) else {
        return out;
    };
    let mut taken: HashMap<String, Option<Span>> = [&info.entity.key, "since"]
        .into_iter()
        .map(|name| (name.to_lowercase(), None))
        .collect();
    for name in spec.expose {
        let path: Vec<Spanned<String>> = parts(name);
        let Some(found) = world.entity_name(entity, &path, name.span, diags) else {
            continue;
        };
        let (shown, expose) = match found {
            EntityName::Column(col, ty) => (col.name.clone(), Expose::Column(col, ty)),
            EntityName::Trait(id, _) => {
                out.traits.push(id);
                (name.value.clone(), Expose::Trait(id))
            }
        };
        match taken.insert(shown.to_lowercase(), Some(name.span)) {
            None => out.expose.push(expose),
            Some(None) if shown.eq_ignore_ascii_case(&info.entity.key) => diags.push(
                Diagnostic::error(
                    &RESERVED,
                    format!("`{shown}` is in every segment's view already"),
                )
                .at(name.span, "the key is always there")
                .help("remove it from `expose`"),
            ),
            Some(None) => diags.push(
                Diagnostic::error(
                    &RESERVED,
                    format!("every segment's view has a `{shown}` of its own"),
                )
                .at(name.span, "there it says since when somebody is a member")
                .help("remove it from `expose`, or expose a trait of the same value under another name"),
            ),
            Some(Some(first)) => diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("two exposed columns are called `{shown}`"),
                )
                .at(name.span, "the same name again")
                .at(first, "the first")
                .help("remove one, or expose a trait of another name"),
            ),
        }
    }
    for name in spec.channels {
        match info.channels.iter().position(|c| *c == name.value) {
            None => {
                let names = || info.channels.iter().map(String::as_str);
                diags.push(
                    Diagnostic::error(
                        &UNKNOWN_CHANNEL,
                        format!("unknown channel `{}`", name.value),
                    )
                    .at(
                        name.span,
                        format!(
                            "{} has the channels: {}",
                            info.entity.name,
                            some_of(names(), 12)
                        ),
                    )
                    .suggest(nearest(name, names())),
                );
            }
            Some(i) if out.channels.contains(&i) => diags.push(
                Diagnostic::error(
                    &DUPLICATE,
                    format!("channel `{}` is named twice", name.value),
                )
                .at(name.span, "again")
                .help("remove one of the two"),
            ),
            Some(i) => out.channels.push(i),
        }
    }
    out
}

/// The parts of a dotted name, each with its place.
fn parts(name: &Name) -> Vec<Spanned<String>> {
    let inside = (name.span.end - name.span.start) as usize == name.value.len();
    let mut start = 0;
    name.value
        .split('.')
        .map(|part| {
            let from = name.span.start as usize + start;
            start += part.len() + 1;
            let span = if inside {
                Span::new(name.span.file, from, from + part.len())
            } else {
                name.span
            };
            Spanned::new(part.to_owned(), span)
        })
        .collect()
}
