//! From the parser's events to the tree: limits, duplicate keys, tags, anchors and aliases.

use super::{MAX_DEPTH, MAX_NODES, MAX_SCALAR_BYTES, Node, NodeKind, offsets, scalar, utf8};
use crate::diag::codes::yaml as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span, Spanned};
use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};
use std::collections::{HashMap, HashSet};

/// Builds the tree; `Err` is what made reading on impossible.
pub(super) fn build(file: FileId, text: &str, diags: &mut Diagnostics) -> Result<Node, Diagnostic> {
    // Deeper than our own limit, so that ours speaks first; far below what could hurt the parser.
    let limit = MAX_DEPTH * 2;
    let options = granit_parser::options! {
        emit_comments: false,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: limit,
        block_nesting_limit: limit,
    };
    let mut builder = Builder {
        text,
        diags,
        stack: Vec::new(),
        root: None,
        nodes: 0,
        anchors: HashMap::new(),
        document: None,
    };
    // Where the last event that was read ends: an open quote comes after it.
    let mut read = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|e| syntax(file, text, read, &e))?;
        read = span.end.byte_offset().unwrap_or(read);
        let place = |span: granit_parser::Span| {
            let range = span.byte_range().unwrap_or(0..0);
            Span::new(file, range.start, range.end)
        };
        if let Some(tag) = span.tag_span() {
            builder.refuse_tag(place(tag));
        }
        builder.event(event, place(span))?;
    }
    Ok(builder
        .root
        .unwrap_or_else(|| Node::new(NodeKind::Null, Span::new(file, 0, 0))))
}

struct Builder<'a> {
    text: &'a str,
    diags: &'a mut Diagnostics,
    stack: Vec<Frame>,
    root: Option<Node>,
    /// Nodes so far, copies made by aliases included.
    nodes: usize,
    anchors: HashMap<usize, Anchored>,
    /// Where the document began.
    document: Option<Span>,
}

/// A collection that is not closed yet.
struct Frame {
    content: Content,
    span: Span,
    anchor: usize,
    /// Nodes before this one.
    nodes_before: usize,
    /// Collections inside each other below this one.
    height: usize,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<(Spanned<String>, Node)>,
        key: Option<Spanned<String>>,
    },
}

/// What an alias repeats.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

impl Builder<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the parser's enum is open")]
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::DocumentStart(..) => match self.document {
                Some(first) => Err(Diagnostic::error(
                    &codes::SEVERAL_DOCUMENTS,
                    "the file holds several YAML documents",
                )
                .at(span, "a second document starts here")
                .at(first, "the first one starts here")
                .help("put it into a file of its own, or delete the `---`")),
                None => {
                    self.document = Some(span);
                    Ok(())
                }
            },
            Event::Scalar(value, style, anchor, _) => self.scalar(&value, style, anchor, span),
            Event::SequenceStart(_, anchor, _) => {
                self.open(Content::List(Vec::new()), anchor, span)
            }
            Event::MappingStart(_, anchor, _) => {
                let content = Content::Map {
                    entries: Vec::new(),
                    key: None,
                };
                self.open(content, anchor, span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            Event::Alias(id) => self.alias(id, span),
            Event::UnresolvedAlias(_) => Err(unknown_alias(span)),
            // Comments and anchor events are switched off; the enum is open, and what it may get is no value.
            _ => Ok(()),
        }
    }

    fn refuse_tag(&mut self, span: Span) {
        self.diags.push(
            Diagnostic::error(&codes::TAG, "YAML tags are not read")
                .at(span, "this tag")
                .help("delete the tag; text that starts with `!` needs quotes"),
        );
    }

    fn count(&mut self, more: usize, span: Span) -> Result<(), Diagnostic> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(
                &codes::TOO_MANY_NODES,
                format!("the file holds more than {MAX_NODES} values, aliases counted out"),
            )
            .at(span, "the limit is passed here")
            .help("split the file, or write less with aliases"));
        }
        Ok(())
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        anchor: usize,
        span: Span,
    ) -> Result<(), Diagnostic> {
        self.count(1, span)?;
        if value.len() > MAX_SCALAR_BYTES {
            return Err(Diagnostic::error(
                &codes::SCALAR_TOO_LONG,
                format!(
                    "the text has {} bytes, at most {MAX_SCALAR_BYTES} are read",
                    value.len()
                ),
            )
            .at(Span { end: span.start, ..span }, "it starts here")
            .help("split it into several conditions or traits; a long list of keys belongs into a table"));
        }
        let quote = match style {
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => None,
            ScalarStyle::SingleQuoted => Some('\''),
            ScalarStyle::DoubleQuoted => Some('"'),
        };
        let written = self
            .text
            .get(span.start as usize..span.end as usize)
            .unwrap_or("");
        let kind = if style == ScalarStyle::Plain {
            scalar::resolve(if written.is_empty() { "" } else { value })
        } else {
            NodeKind::String(value.to_owned())
        };
        let mut node = Node::new(kind, span);
        if written != value && matches!(node.kind, NodeKind::String(_)) {
            node.map = offsets::align(value, written, span.start as usize, quote);
        }
        if quote == Some('"') {
            self.refuse_escaped(&node, value);
        }
        if self.wants_key() {
            self.remember(anchor, &node, 1, 0);
            // A key is what was written, so that `1:` is the key `1`.
            return self.key(Spanned::new(value.to_owned(), span), written.is_empty());
        }
        self.value(node, anchor, 1, 0);
        Ok(())
    }

    /// Escapes can write what may not stand in a file as it is.
    fn refuse_escaped(&mut self, node: &Node, value: &str) {
        if let Some((at, c, why)) = value
            .char_indices()
            .find_map(|(at, c)| utf8::refused(c).map(|why| (at, c, why)))
        {
            let span = node.sub_span(at, at + c.len_utf8());
            self.diags.push(utf8::character(span, c, why));
        }
    }

    fn wants_key(&self) -> bool {
        matches!(
            self.stack.last(),
            Some(Frame {
                content: Content::Map { key: None, .. },
                ..
            })
        )
    }

    fn key(&mut self, name: Spanned<String>, missing: bool) -> Result<(), Diagnostic> {
        if missing {
            return Err(
                Diagnostic::error(&codes::KEY_NOT_TEXT, "a key is missing before `:`")
                    .at(name.span, "here")
                    .help("write the key, or put quotes around a text that has `: ` in it"),
            );
        }
        if let Some(Frame {
            content: Content::Map { key, .. },
            ..
        }) = self.stack.last_mut()
        {
            *key = Some(name);
        }
        Ok(())
    }

    fn open(&mut self, content: Content, anchor: usize, span: Span) -> Result<(), Diagnostic> {
        self.count(1, span)?;
        if self.wants_key() {
            return Err(key_not_text(span));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.stack.push(Frame {
            content,
            span,
            anchor,
            nodes_before: self.nodes - 1,
            height: 0,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Diagnostic> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let mut span = frame.span;
        // The end of a block collection is where the next thing starts: take that of its last value.
        let end = if end.start < end.end {
            Some(end.end)
        } else {
            None
        };
        let kind = match frame.content {
            Content::List(items) => {
                span.end = end
                    .or_else(|| items.last().map(|n| n.span.end))
                    .unwrap_or(span.end)
                    .max(span.end);
                NodeKind::List(items)
            }
            Content::Map { entries, .. } => {
                span.end = end
                    .or_else(|| entries.last().map(|(k, n)| n.span.end.max(k.span.end)))
                    .unwrap_or(span.end)
                    .max(span.end);
                NodeKind::Map(self.unique(entries))
            }
        };
        let nodes = self.nodes - frame.nodes_before;
        self.value(Node::new(kind, span), frame.anchor, nodes, frame.height + 1);
        Ok(())
    }

    /// Reports keys that are there twice, and merge keys; leaves the first of each.
    fn unique(
        &mut self,
        mut entries: Vec<(Spanned<String>, Node)>,
    ) -> Vec<(Spanned<String>, Node)> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|i| entries.get(*i).map(|(k, _)| k.value.as_str()));
        let mut twice = HashSet::new();
        let mut first: Option<&Spanned<String>> = None;
        for index in order {
            let Some((key, _)) = entries.get(index) else {
                continue;
            };
            match first {
                Some(first) if first.value == key.value => {
                    twice.insert(index);
                    self.diags.push(
                        Diagnostic::error(
                            &codes::DUPLICATE_KEY,
                            format!("the key `{}` is there twice", key.value),
                        )
                        .at(key.span, "again here")
                        .at(first.span, "first here")
                        .help("keep one of the two"),
                    );
                }
                Some(_) | None => first = Some(key),
            }
        }
        for (key, _) in entries.iter().filter(|(k, _)| k.value == "<<") {
            self.diags.push(
                Diagnostic::error(&codes::MERGE_KEY, "YAML 1.2 has no merge key `<<`")
                    .at(key.span, "here")
                    .help("write the keys out; an alias can repeat a whole value (`where: *reachable`)"),
            );
        }
        let mut index = 0;
        entries.retain(|(key, _)| {
            index += 1;
            key.value != "<<" && !twice.contains(&(index - 1))
        });
        entries
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<(), Diagnostic> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(Diagnostic::error(
                &codes::BAD_ALIAS,
                "the alias stands inside what it repeats",
            )
            .at(span, "this alias")
            .help("write the value out"));
        };
        let (nodes, height) = (anchored.nodes, anchored.height);
        if self.stack.len() + height > MAX_DEPTH {
            return Err(too_deep(span));
        }
        // Counted before it is copied.
        let node = if self.nodes.saturating_add(nodes) > MAX_NODES {
            None
        } else {
            Some(anchored.node.clone())
        };
        self.count(nodes, span)?;
        let Some(node) = node else { return Ok(()) };
        if self.wants_key() {
            return match node.scalar_text() {
                Some(text) => self.key(Spanned::new(text, span), false),
                None => Err(key_not_text(span)),
            };
        }
        self.value(node, 0, nodes, height);
        Ok(())
    }

    fn remember(&mut self, anchor: usize, node: &Node, nodes: usize, height: usize) {
        if anchor != 0 {
            let anchored = Anchored {
                node: node.clone(),
                nodes,
                height,
            };
            self.anchors.insert(anchor, anchored);
        }
    }

    fn value(&mut self, mut node: Node, anchor: usize, nodes: usize, height: usize) {
        self.remember(anchor, &node, nodes, height);
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map { entries, key } => {
                if let Some(key) = key.take() {
                    // Nothing has no place of its own: that of its key is the one to look at.
                    if node.span.start == node.span.end && node.kind == NodeKind::Null {
                        node.span = key.span;
                    }
                    entries.push((key, node));
                }
            }
        }
    }
}

fn key_not_text(span: Span) -> Diagnostic {
    Diagnostic::error(&codes::KEY_NOT_TEXT, "a key must be a text")
        .at(span, "a list or a map as a key")
        .help("`{{ … }}` and `[ … ]` need quotes around them to be text")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(
        &codes::TOO_DEEP,
        format!("lists and maps are nested more than {MAX_DEPTH} deep"),
    )
    .at(span, "too deep here")
    .help("name a part as a trait or segment of its own, and refer to it")
}

fn unknown_alias(span: Span) -> Diagnostic {
    Diagnostic::error(&codes::BAD_ALIAS, "the alias has no anchor before it")
        .at(span, "this alias")
        .help("a text that starts with `*` needs quotes; an alias repeats an earlier `&name`")
}

/// The first line that a merge has put where two versions differ.
fn conflict(text: &str) -> Option<std::ops::Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let at = start;
        start += line.len();
        let line = line.trim_end();
        let is_marker =
            line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>") || line == "=======";
        is_marker.then_some(at..at + line.len())
    })
}

/// What the parser says, in our codes, with a hint where the cause is mostly one thing.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the parser's enum is open and long"
)]
fn syntax(file: FileId, text: &str, read: usize, error: &ScanError) -> Diagnostic {
    if let Some(marker) = conflict(text) {
        return Diagnostic::error(&codes::INVALID, "invalid YAML: a merge left conflicts here")
            .at(Span::new(file, marker.start, marker.end), "a conflict marker")
            .help(
                "keep one of the two versions or join them, and delete the lines that start with `<<<<<<<`, `=======` and `>>>>>>>`",
            );
    }
    let start = error.marker().byte_offset().unwrap_or(0).min(text.len());
    let length = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .filter(|c| *c != '\n' && *c != '\r')
        .map_or(0, char::len_utf8);
    let span = Span::new(file, start, start + length);
    let line_start = text
        .get(..start)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |i| i + 1);
    // A tab may be noticed only on the line after the one that the parser complains of.
    let tab = text
        .get(line_start..)
        .unwrap_or("")
        .split_inclusive('\n')
        .take(2)
        .scan(line_start, |at, line| {
            let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
            let tab = line
                .get(..blanks)
                .and_then(|t| t.find('\t'))
                .map(|t| *at + t);
            *at += line.len();
            Some(tab)
        })
        .find_map(|tab| tab);
    let tab_at = |at: usize| {
        Diagnostic::error(&codes::TAB, "tabs cannot indent YAML")
            .at(Span::new(file, at, at + 1), "this is a tab")
            .help("indent with spaces")
    };
    if let Some(tab) = tab {
        return tab_at(tab);
    }
    let invalid = |hint: &str| {
        Diagnostic::error(&codes::INVALID, format!("invalid YAML: {}", error.kind()))
            .at(span, "here")
            .help(hint)
    };
    match error.kind() {
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInIndentation => tab_at(start),
        ErrorKind::RecursionLimitExceeded => too_deep(span),
        ErrorKind::UnknownAnchor => unknown_alias(span),
        ErrorKind::DirectiveDisallowed => invalid(
            "delete the line: a spec needs no `%` directive; text that starts with `%` needs quotes",
        ),
        ErrorKind::MappingValueNotAllowed | ErrorKind::InvalidColonPlacement => {
            invalid("put quotes around a text that has `: ` in it, and look at the indentation")
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => {
            let open = text
                .get(read..)
                .and_then(|t| t.find(['\'', '"']))
                .map_or(span, |i| Span::new(file, read + i, read + i + 1));
            Diagnostic::error(&codes::INVALID, "invalid YAML: a quote is not closed")
                .at(open, "opened here")
                .help("close the quote")
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar => invalid(
            "the text goes on after its closing quote: put quotes around the whole of it (a comma inside `[ ]` or `{ }` ends a value), or use a block (`|`)",
        ),
        ErrorKind::UnexpectedCharacter { .. } => {
            invalid("put quotes around a text that starts with a special character")
        }
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::MisplacedFlowCollectionEnd => {
            invalid("every `[` and `{` needs its own closing bracket")
        }
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
            invalid(
                "put a comma between values, and quotes around a text that has a comma or bracket in it",
            )
        }
        ErrorKind::UnknownQuotedScalarEscape => invalid(
            "in double quotes a backslash starts an escape: double it, or use single quotes",
        ),
        _ => invalid("look at the indentation and the quotes of this line and the one before"),
    }
}
