//! One namespace: no name twice, and no two segments with the same view.

use super::{Name, Spec};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::Span;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The names of a project so far.
#[derive(Default)]
pub(super) struct Names {
    items: HashMap<String, (Span, &'static str)>,
}

impl Names {
    /// Takes an item's name; reports it if there was one before. `kind` is "a segment".
    pub(super) fn item(&mut self, name: &Name, kind: &'static str, diags: &mut Diagnostics) {
        match self.items.entry(name.value.clone()) {
            Entry::Vacant(entry) => {
                entry.insert((name.span, kind));
            }
            Entry::Occupied(entry) => {
                let (first, of) = entry.get();
                duplicate(name, kind, *first, of, diags);
            }
        }
    }

    /// Reports segments, cases and channels that would publish a view of the same name.
    #[expect(
        clippy::unused_self,
        reason = "the names of items and of views are one matter"
    )]
    pub(super) fn views(&self, spec: &Spec, diags: &mut Diagnostics) {
        let mut views: HashMap<String, (String, Span)> = HashMap::new();
        let mut add = |view: String, what: String, span: Span| match views.entry(view) {
            Entry::Vacant(entry) => {
                entry.insert((what, span));
            }
            Entry::Occupied(entry) => {
                let (first, at) = entry.get();
                if *first != what {
                    diags.push(
                        Diagnostic::error(
                            &codes::DUPLICATE_NAME,
                            format!("{first} and {what} would be published as the same view"),
                        )
                        .at(span, format!("both are `seg_{}`", entry.key()))
                        .at(*at, "the other one")
                        .help("rename one of them"),
                    );
                }
            }
        };
        for segment in &spec.segments {
            let name = &segment.item.name;
            add(
                name.value.clone(),
                format!("the segment `{}`", name.value),
                name.span,
            );
            for channel in &segment.channels {
                let what = format!("the channel `{}` of `{}`", channel.value, name.value);
                add(
                    format!("{}__{}", name.value, channel.value),
                    what,
                    channel.span,
                );
            }
        }
        for group in &spec.groups {
            let cases = group.cases.iter().map(|c| &c.name).chain(&group.otherwise);
            for case in cases {
                let name = format!("{}.{}", group.item.name.value, case.value);
                let view = format!("{}__{}", group.item.name.value, case.value);
                for channel in &group.channels {
                    let what = format!("the channel `{}` of `{name}`", channel.value);
                    add(format!("{view}__{}", channel.value), what, channel.span);
                }
                add(view, format!("the case `{name}`"), case.span);
            }
        }
        for split in &spec.splits {
            for (arm, _) in &split.arms {
                let name = format!("{}.{}", split.item.name.value, arm.value);
                let view = format!("{}__{}", split.item.name.value, arm.value);
                for channel in &split.audience.channels {
                    let what = format!("the channel `{}` of `{name}`", channel.value);
                    add(format!("{view}__{}", channel.value), what, channel.span);
                }
                add(view, format!("the arm `{name}`"), arm.span);
            }
        }
    }
}

/// Reports names of one kind of thing that are there twice.
pub(super) fn unique<'n>(
    names: impl IntoIterator<Item = (&'n Name, &'static str)>,
    diags: &mut Diagnostics,
) {
    let mut seen: HashMap<&str, (Span, &'static str)> = HashMap::new();
    for (name, kind) in names {
        match seen.entry(name.value.as_str()) {
            Entry::Vacant(entry) => {
                entry.insert((name.span, kind));
            }
            Entry::Occupied(entry) => {
                let (first, of) = entry.get();
                duplicate(name, kind, *first, of, diags);
            }
        }
    }
}

fn duplicate(name: &Name, kind: &str, first: Span, of: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::error(
            &codes::DUPLICATE_NAME,
            if kind == of {
                format!("the name `{}` is there twice", name.value)
            } else {
                format!("the name `{}` is {of} and {kind}", name.value)
            },
        )
        .at(name.span, "again here")
        .at(first, "first here")
        .help("rename one of them: a name means one thing in a project"),
    );
}
