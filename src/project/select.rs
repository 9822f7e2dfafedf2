//! `--select` and `--exclude`, spelled as in dbt: which segments and traits a run is asked for.
//!
//! A space joins selectors, a comma intersects them; `+` before a name takes in what it refers to, behind it what refers to
//! it. Each argument is a text of the source map, so that a mistake in one is shown like a mistake in a file.

use crate::diag::codes::project as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::ir::Selection;
use crate::model::{Expose, Model, SegmentId, TraitId};
use crate::source::{FileId, SourceMap, Span};
use std::collections::BTreeSet;

/// What the command line asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Everything, if empty.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
}

impl Wanted {
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.select.is_empty() && self.exclude.is_empty()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Segment(SegmentId),
    Trait(TraitId),
}

type Set = BTreeSet<Node>;

/// The segments and traits that are wanted; disabled segments never are. Traits that a selected segment exposes come with it.
pub fn select(
    wanted: &Wanted,
    model: &Model,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Selection {
    let mut chosen: Set = if wanted.select.is_empty() {
        everything(model)
    } else {
        union("--select", &wanted.select, model, sources, diags)
    };
    for node in &union("--exclude", &wanted.exclude, model, sources, diags) {
        chosen.remove(node);
    }
    let mut selection = Selection::default();
    let mut traits: BTreeSet<TraitId> = BTreeSet::new();
    for node in chosen {
        match node {
            Node::Trait(id) => {
                traits.insert(id);
            }
            Node::Segment(id) => {
                let Some(segment) = model.segments.get(id.index()).filter(|s| s.enabled) else {
                    continue;
                };
                selection.segments.push(id);
                traits.extend(segment.expose.iter().filter_map(|e| match e {
                    Expose::Trait(id) => Some(*id),
                    Expose::Column(..) => None,
                }));
            }
        }
    }
    selection.traits = traits.into_iter().collect();
    if selection.segments.is_empty() && selection.traits.is_empty() && !diags.has_errors() {
        diags.push(
            Diagnostic::warning(&codes::EMPTY_SELECTION, "nothing is selected")
                .help("`segc ls` prints what there is"),
        );
    }
    selection
}

/// The segments that one name stands for: itself, or all cases of a group.
#[must_use]
pub fn segments_named(name: &str, model: &Model) -> Vec<SegmentId> {
    model
        .segments
        .iter()
        .enumerate()
        .filter(|(_, s)| s.name == name || s.name.split_once('.').is_some_and(|(g, _)| g == name))
        .map(|(i, _)| SegmentId(u32::try_from(i).unwrap_or(u32::MAX)))
        .collect()
}

/// Every name that can be asked for.
#[must_use]
pub fn names(model: &Model) -> Vec<&str> {
    model
        .segments
        .iter()
        .map(|s| s.name.as_str())
        .chain(model.groups.iter().map(|g| g.name.as_str()))
        .chain(model.traits.iter().map(|t| t.name.as_str()))
        .collect()
}

fn everything(model: &Model) -> Set {
    segment_ids(model)
        .map(Node::Segment)
        .chain(trait_ids(model).map(Node::Trait))
        .collect()
}

fn segment_ids(model: &Model) -> impl Iterator<Item = SegmentId> {
    (0..model.segments.len()).map(|i| SegmentId(u32::try_from(i).unwrap_or(u32::MAX)))
}

fn trait_ids(model: &Model) -> impl Iterator<Item = TraitId> {
    (0..model.traits.len()).map(|i| TraitId(u32::try_from(i).unwrap_or(u32::MAX)))
}

fn union(
    flag: &str,
    arguments: &[String],
    model: &Model,
    sources: &mut SourceMap,
    diags: &mut Diagnostics,
) -> Set {
    let mut chosen = Set::new();
    for argument in arguments {
        let file = sources.add(flag, argument.as_str());
        for (start, term) in words(argument, 0, char::is_whitespace) {
            let mut parts = words(term, start, |c| c == ',')
                .into_iter()
                .map(|(start, text)| selector(text, file, start, model, sources, diags));
            let Some(first) = parts.next() else {
                continue;
            };
            chosen.extend(parts.fold(first, |all, part| &all & &part));
        }
    }
    chosen
}

/// The non-empty pieces of a text and where they start, counted from `base`.
fn words(text: &str, base: usize, separates: impl Fn(char) -> bool) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        if at == text.len() || separates(c) {
            if let Some(word) = text.get(start..at).filter(|w| !w.is_empty()) {
                out.push((base + start, word));
            }
            start = at + c.len_utf8();
        }
    }
    out
}

fn selector(
    text: &str,
    file: FileId,
    start: usize,
    model: &Model,
    sources: &SourceMap,
    diags: &mut Diagnostics,
) -> Set {
    let (upwards, rest) = text.strip_prefix('+').map_or((false, text), |r| (true, r));
    let (downwards, core) = rest.strip_suffix('+').map_or((false, rest), |r| (true, r));
    let from = start + usize::from(upwards);
    let span = Span::new(file, from, from + core.len());
    let mut chosen = match core.split_once(':') {
        None => named(core, span, model, diags),
        Some((method, value)) => by_method(method, value, span, model, sources, diags),
    };
    if upwards {
        close(&mut chosen, |node| refers_to(node, model));
    }
    if downwards {
        let users = Users::of(model);
        close(&mut chosen, |node| users.get(node));
    }
    chosen
}

fn named(name: &str, span: Span, model: &Model, diags: &mut Diagnostics) -> Set {
    let mut chosen: Set = segments_named(name, model)
        .into_iter()
        .map(Node::Segment)
        .collect();
    chosen.extend(
        trait_ids(model)
            .filter(|id| model.traits.get(id.index()).is_some_and(|t| t.name == name))
            .map(Node::Trait),
    );
    if chosen.is_empty() {
        diags.push(unknown(name, model).at(span, "no segment, group or trait has this name"));
    }
    chosen
}

/// The diagnostic of a name that the project does not have.
#[must_use]
pub fn unknown(name: &str, model: &Model) -> Diagnostic {
    let near = nearest(name, names(model)).filter(|near| *near != name);
    let diagnostic = Diagnostic::error(
        &codes::UNKNOWN_SELECTED,
        format!("there is no segment, group or trait `{name}`"),
    );
    match near {
        Some(_) => diagnostic.suggest(near),
        None => diagnostic.help("`segc ls` prints the names"),
    }
}

fn by_method(
    method: &str,
    value: &str,
    span: Span,
    model: &Model,
    sources: &SourceMap,
    diags: &mut Diagnostics,
) -> Set {
    let path = |span: Span| sources.get(span.file).map_or("", |f| f.path.as_str());
    match method {
        "tag" => pick(
            model,
            |s| s.tags.iter().any(|t| t == value),
            |t| t.tags.iter().any(|t| t == value),
        ),
        "owner" => pick(
            model,
            |s| s.owner.as_deref() == Some(value),
            |t| t.owner.as_deref() == Some(value),
        ),
        "path" => pick(
            model,
            |s| below(path(s.span), value),
            |t| below(path(t.span), value),
        ),
        "state" => {
            diags.push(
                Diagnostic::error(
                    &codes::SELECTOR_METHOD,
                    "`state:` is not in this version yet",
                )
                .at(span, "this selects by comparison with an earlier manifest")
                .help("select by name, `tag:`, `path:` or `owner:`"),
            );
            Set::new()
        }
        other => {
            let near = nearest(other, ["tag", "path", "owner"]);
            diags.push(
                Diagnostic::error(
                    &codes::SELECTOR_METHOD,
                    format!("there is no selector `{other}:`"),
                )
                .at(span, "expected a name, `tag:…`, `path:…` or `owner:…`")
                .help(match near {
                    Some(near) => format!("did you mean `{near}:{value}`?"),
                    None => "`segc ls` prints the names".to_owned(),
                }),
            );
            Set::new()
        }
    }
}

fn pick(
    model: &Model,
    segment: impl Fn(&crate::model::Segment) -> bool,
    of_trait: impl Fn(&crate::model::Trait) -> bool,
) -> Set {
    let segments = segment_ids(model)
        .filter(|id| model.segments.get(id.index()).is_some_and(&segment))
        .map(Node::Segment);
    let traits = trait_ids(model)
        .filter(|id| model.traits.get(id.index()).is_some_and(&of_trait))
        .map(Node::Trait);
    segments.chain(traits).collect()
}

/// Whether `file` is `path` or lies below it.
fn below(file: &str, path: &str) -> bool {
    let path = path.trim_start_matches("./").trim_end_matches('/');
    file.strip_prefix(path)
        .is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

fn refers_to(node: Node, model: &Model) -> Vec<Node> {
    match node {
        Node::Trait(_) => Vec::new(),
        Node::Segment(id) => model.segments.get(id.index()).map_or(Vec::new(), |s| {
            let segments = s.references.iter().copied().map(Node::Segment);
            let traits = s.traits.iter().copied().map(Node::Trait);
            segments.chain(traits).collect()
        }),
    }
}

/// Who refers to each segment and trait, directly.
struct Users(std::collections::BTreeMap<Node, Vec<Node>>);

impl Users {
    fn of(model: &Model) -> Self {
        let mut users: std::collections::BTreeMap<Node, Vec<Node>> =
            std::collections::BTreeMap::new();
        for id in segment_ids(model) {
            for used in refers_to(Node::Segment(id), model) {
                users.entry(used).or_default().push(Node::Segment(id));
            }
        }
        Self(users)
    }

    fn get(&self, node: Node) -> Vec<Node> {
        self.0.get(&node).cloned().unwrap_or_default()
    }
}

/// Adds everything that can be reached.
fn close(chosen: &mut Set, next: impl Fn(Node) -> Vec<Node>) {
    let mut open: Vec<Node> = chosen.iter().copied().collect();
    while let Some(node) = open.pop() {
        for reached in next(node) {
            if chosen.insert(reached) {
                open.push(reached);
            }
        }
    }
}
