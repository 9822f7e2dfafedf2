//! What segments publish: exposed columns, channels, reasons, and views whose names must not meet.

use super::references::SegmentNames;
use super::tables::some_of;
use super::world::{EntityName, World};
use super::{EntityId, Expose, TraitId};
use crate::diag::codes::model::{DUPLICATE, RESERVED, UNKNOWN_CHANNEL};
use crate::diag::codes::spec::SUPPRESS_REASON;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use crate::spec::{Condition, GroupSpec, Name, SegmentSpec};
use std::collections::HashMap;

/// A segment or a group, as written.
#[derive(Clone, Copy)]
pub(super) enum Node<'a> {
    Segment(&'a SegmentSpec),
    Group(&'a GroupSpec),
}

impl<'a> Node<'a> {
    pub(super) fn name(self) -> &'a Name {
        match self {
            Self::Segment(s) => &s.item.name,
            Self::Group(g) => &g.item.name,
        }
    }

    pub(super) fn conditions(self) -> Vec<&'a Condition> {
        match self {
            Self::Segment(s) => vec![&s.condition],
            Self::Group(g) => g.cases.iter().map(|c| &c.condition).collect(),
        }
    }
}

/// What segments and groups publish.
pub(super) struct Published<'a> {
    pub(super) expose: &'a [Name],
    pub(super) channels: &'a [Name],
    pub(super) suppress: &'a Spanned<bool>,
    pub(super) suppress_reason: Option<&'a Spanned<String>>,
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
    if let (false, None) = (spec.suppress.value, spec.suppress_reason) {
        diags.push(
            Diagnostic::error(&SUPPRESS_REASON, "`suppress: false` needs a reason")
                .at(
                    spec.suppress.span,
                    "people who are suppressed elsewhere are published here",
                )
                .help("add `suppress_reason:` with one sentence, or remove `suppress: false`"),
        );
    }
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
            Some(None) => diags.push(
                Diagnostic::error(
                    &RESERVED,
                    format!("`{shown}` is in every segment's view already"),
                )
                .at(name.span, "the key and `since` are always there")
                .help("remove it from `expose`"),
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

/// Two segments, or a segment and a channel of another, must not need a view of the same name.
pub(super) fn check_views(
    nodes: &[Node<'_>],
    world: &World,
    names: &SegmentNames,
    entities: &[Option<EntityId>],
    diags: &mut Diagnostics,
) {
    let mut views: HashMap<String, (String, Span)> = HashMap::new();
    for (node, entity) in nodes.iter().zip(entities) {
        let (channels, segments): (&[Name], Vec<(String, Span)>) = match node {
            Node::Segment(s) => (
                &s.channels,
                vec![(s.item.name.value.clone(), s.item.name.span)],
            ),
            Node::Group(g) => (
                &g.channels,
                g.cases
                    .iter()
                    .map(|c| &c.name)
                    .chain(&g.otherwise)
                    .map(|c| (format!("{}.{}", g.item.name.value, c.value), c.span))
                    .collect(),
            ),
        };
        let known = entity.and_then(|e| world.entity(e));
        for (name, span) in segments {
            if !names.has(&name) {
                continue;
            }
            let view = name.replace('.', "__");
            let per_channel = channels
                .iter()
                .filter(|c| known.is_some_and(|k| k.channels.contains(&c.value)))
                .map(|c| {
                    (
                        format!("{view}__{}", c.value),
                        format!("{name} ({})", c.value),
                    )
                });
            let all: Vec<_> = per_channel.chain([(view.clone(), name.clone())]).collect();
            for (view, what) in all {
                match views.get(&view) {
                    Some((other, first)) if *other != what => diags.push(
                        Diagnostic::error(
                            &DUPLICATE,
                            format!("`{what}` and `{other}` would both be the view `seg_{view}`"),
                        )
                        .at(span, format!("`{what}`"))
                        .at(*first, format!("`{other}`"))
                        .help("rename one of the two"),
                    ),
                    Some(_) => {}
                    None => {
                        views.insert(view, (what, span));
                    }
                }
            }
        }
    }
}
