//! Reads values out of a tree: every mismatch says what was expected and what was found, and reading goes on.
//!
//! [`Reader::fields`] opens a map against its table of keys and reports what does not fit the table; the other methods
//! read one value each. `{{ var('x') }}` is put in on the way, save in [`Reader::sql`], where it stays for
//! the parser of expressions to read as a value.

mod texts;

use super::form::{Form, Key, Need};
use super::template;
use super::{Node, NodeKind};
use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::source::{Span, Spanned};
use std::borrow::Cow;

pub use texts::unknown_var;

/// A project's vars: names and values (scalars or lists of scalars).
pub type Vars = [(Spanned<String>, Node)];

/// What reading needs at hand.
pub struct Reader<'a> {
    pub diags: &'a mut Diagnostics,
    vars: &'a Vars,
    /// The parameters of the copy that is being read (`for_each`): `{{ name }}` stands for the value, a scalar.
    pub params: Vec<(Spanned<String>, Node)>,
}

/// A map that was checked against its table.
pub struct Fields<'n> {
    form: &'static Form,
    entries: &'n [(Spanned<String>, Node)],
    /// Where a message about the whole map points: its name, or its first key.
    pub place: Span,
    /// The whole map.
    pub span: Span,
}

impl<'n> Fields<'n> {
    /// The value of a key of the form.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'n Node> {
        debug_assert!(self.form.key(key).is_some(), "`{key}` is not in the form");
        self.entry(key).map(|(_, value)| value)
    }

    /// A key itself, where it is there.
    #[must_use]
    pub fn key(&self, key: &str) -> Option<&'n Spanned<String>> {
        self.entry(key).map(|(k, _)| k)
    }

    /// The key of the form's choice that is there, and its value.
    #[must_use]
    pub fn chosen(&self) -> Option<(&'n Spanned<String>, &'n Node)> {
        self.entries
            .iter()
            .find(|(k, _)| self.form.choice(k).is_some())
            .map(|(k, value)| (k, value))
    }

    /// All keys and values, for an open form.
    #[must_use]
    pub fn all(&self) -> &'n [(Spanned<String>, Node)] {
        self.entries
    }

    fn entry(&self, key: &str) -> Option<&'n (Spanned<String>, Node)> {
        self.entries.iter().find(|(k, _)| k.value == key)
    }
}

impl<'a> Reader<'a> {
    /// The project's vars.
    #[must_use]
    pub fn vars(&self) -> &'a Vars {
        self.vars
    }

    pub fn new(diags: &'a mut Diagnostics, vars: &'a Vars) -> Self {
        Self {
            diags,
            vars,
            params: Vec::new(),
        }
    }

    /// Opens a map: reports unknown keys, missing keys, and keys of later versions.
    pub fn fields<'n>(&mut self, node: &'n Node, form: &'static Form) -> Option<Fields<'n>> {
        let entries = self.map(node, form.name, Some(form))?;
        let place = match node.get("name") {
            Some(name) => name.span,
            None => entries.first().map_or(node.span, |(k, _)| k.span),
        };
        let chosen: Vec<&Spanned<String>> = entries
            .iter()
            .map(|(k, _)| k)
            .filter(|k| form.choice(k).is_some())
            .collect();
        // A value of a later version: whatever else is said of it is of that version too.
        if let Some(key) = chosen
            .iter()
            .find(|k| form.choice(k).is_some_and(|one| one.need == Need::Later))
        {
            self.later(key);
            return None;
        }
        let mut meant = Vec::new();
        for (key, _) in entries {
            match form.key(key).map(|k| k.need) {
                Some(Need::Required | Need::Optional) => {}
                Some(Need::Later) => self.later(key),
                None if form.open => {}
                None => meant.extend(self.unknown_key(key, form)),
            }
        }
        for key in form.all().filter(|k| k.need == Need::Required) {
            if !entries.iter().any(|(k, _)| k.value == key.name) && !meant.contains(&key.name) {
                self.diags.push(
                    Diagnostic::error(
                        &codes::MISSING_KEY,
                        format!("{} needs `{}`", form.name, key.name),
                    )
                    .at(place, format!("`{}` is missing", key.name))
                    .help(format!("add `{}:`. {}", key.name, key.doc)),
                );
            }
        }
        match chosen.as_slice() {
            [] if form.one_of.is_empty() || meant.iter().any(|k| form.choice(k).is_some()) => {}
            [] => self.diags.push(
                Diagnostic::error(&codes::MISSING_KEY, format!("{} says nothing", form.name))
                    .at(place, "what it is, is missing")
                    .help(format!(
                        "add one of: {}",
                        now(form.one_of.iter().copied().flatten())
                    )),
            ),
            [_] => {}
            [first, second, ..] => self.exclusive(first, second, "keep one of the two"),
        }
        Some(Fields {
            form,
            entries,
            place,
            span: node.span,
        })
    }

    /// "`x` is not in this version yet", at its key.
    pub fn later(&mut self, key: &Spanned<String>) {
        self.diags.push(
            Diagnostic::error(
                &codes::NOT_YET,
                format!("`{}` is not in this version yet", key.value),
            )
            .at(key.span, "not in this version")
            .help("leave it out for now: nothing is built while a part of the spec is not obeyed"),
        );
    }

    /// Two keys of one map that cannot both be obeyed.
    pub fn conflict(&mut self, first: &Spanned<String>, second: &Spanned<String>) {
        self.exclusive(
            first,
            second,
            "keep one of the two; two conditions are two items of a list",
        );
    }

    /// As [`Self::conflict`], with what to do about it.
    pub fn exclusive(&mut self, first: &Spanned<String>, second: &Spanned<String>, help: &str) {
        self.diags.push(
            Diagnostic::error(
                &codes::CONFLICT,
                format!(
                    "`{}` and `{}` exclude each other",
                    first.value, second.value
                ),
            )
            .at(second.span, "this one")
            .at(first.span, "and this one")
            .help(help),
        );
    }

    fn unknown_key(&mut self, key: &Spanned<String>, form: &'static Form) -> Option<&'static str> {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let near = if key.chars().all(word) {
            nearest(key, form.all().map(|k| k.name))
        } else {
            None
        };
        let diagnostic = Diagnostic::error(
            &codes::UNKNOWN_KEY,
            format!("unknown key `{}` in {}", key.value, form.name),
        )
        .at(key.span, "no such key")
        .note(format!("{} has: {}", form.name, now(form.all())));
        self.diags.push(if key.contains([')', '(', '\'', '"']) {
            diagnostic.help(
                "inside `{ }` a comma ends a value: an expression with a comma in it needs quotes",
            )
        } else {
            diagnostic.suggest(near)
        });
        near
    }

    /// "Expected x, found y", to be pushed with a better hint or as it is.
    #[must_use]
    pub fn mismatch(&self, node: &Node, expected: &str) -> Diagnostic {
        let hint = match &node.kind {
            NodeKind::Null => "write a value, or leave the key out".to_owned(),
            NodeKind::List(_) => "one value stands here, without `[ ]` or `-`".to_owned(),
            NodeKind::Map(_) => {
                "a text that has `: ` in it or starts with `{` needs quotes".to_owned()
            }
            NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                format!("write {expected}")
            }
        };
        Diagnostic::error(
            &codes::WRONG_TYPE,
            format!("expected {expected}, found {}", node.describe()),
        )
        .at(node.span, format!("expected {expected}"))
        .help(hint)
    }

    fn map<'n>(
        &mut self,
        node: &'n Node,
        expected: &str,
        form: Option<&Form>,
    ) -> Option<&'n [(Spanned<String>, Node)]> {
        if let NodeKind::Map(entries) = &node.kind {
            return Some(entries);
        }
        let diagnostic = self.mismatch(node, expected);
        let diagnostic = match form {
            Some(form) => diagnostic.note(format!("{} has: {}", form.name, now(form.all()))),
            None => diagnostic,
        };
        let diagnostic = match &node.kind {
            NodeKind::List(_) => diagnostic.help("write `key: value` lines, without `-`"),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::Map(_) => diagnostic.help("write `key: value` lines, indented below"),
        };
        self.diags.push(diagnostic);
        None
    }

    /// The entries of a map with free keys.
    pub fn entries<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [(Spanned<String>, Node)] {
        self.map(node, expected, None).unwrap_or(&[])
    }

    /// The values of a list; nothing but a list will do.
    pub fn list<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [Node] {
        if let NodeKind::List(items) = &node.kind {
            return items;
        }
        let mut diagnostic = self.mismatch(node, expected);
        diagnostic = match node.scalar_text() {
            Some(text) if text.starts_with("var(") => {
                diagnostic.help(format!("write `{}`", quoted(&format!("{{{{ {text} }}}}"))))
            }
            Some(text) if text.len() < 40 && !text.contains('\n') => {
                diagnostic.help(format!("write `[{text}]`"))
            }
            Some(_) | None => diagnostic.help("write a list: `- ` before each value"),
        };
        self.diags.push(diagnostic);
        &[]
    }

    /// As [`Self::list`], which must not be empty.
    pub fn filled_list<'n>(&mut self, node: &'n Node, expected: &str) -> &'n [Node] {
        let items = self.list(node, expected);
        if matches!(&node.kind, NodeKind::List(items) if items.is_empty()) {
            self.diags.push(
                Diagnostic::error(
                    &codes::EMPTY_LIST,
                    format!("expected {expected}, found an empty list"),
                )
                .at(node.span, "nothing in it")
                .help(match expected {
                    "conditions" => "put a condition in; everybody is `where: true`",
                    _ => "put something in, or leave the key out where it is not needed",
                }),
            );
        }
        items
    }

    /// A text. Numbers and truth values are none: quotes make them one.
    pub fn text(&mut self, node: &Node) -> Option<Spanned<String>> {
        self.text_as(node, "a text")
    }

    /// As [`Self::text`], called something else in messages.
    pub fn text_as(&mut self, node: &Node, expected: &str) -> Option<Spanned<String>> {
        let written = node;
        let node = self.expand(node)?;
        if let NodeKind::String(text) = &node.kind {
            return Some(Spanned::new(text.clone(), node.span));
        }
        let mut diagnostic = self.mismatch(&node, expected);
        match (&node.kind, node.scalar_text()) {
            (NodeKind::List(items), _) if items.len() == 1 => {
                diagnostic = diagnostic.help("one value stands here without `[ ]` or `-`");
            }
            (_, Some(text)) => {
                let help = if let NodeKind::String(template) = &written.kind
                    && template::is_template(template)
                {
                    let text = quoted(&format!("over {template}"));
                    format!("with a word beside it, it is a text: `{text}`")
                } else {
                    format!("quotes make it a text: `\"{text}\"`")
                };
                diagnostic = diagnostic.help(help);
            }
            (_, None) => {}
        }
        self.diags.push(diagnostic);
        None
    }

    /// A name of an item or a relation. They are in small letters, and so is a value that is put into one.
    pub fn name_as(&mut self, node: &Node, expected: &str) -> Option<Spanned<String>> {
        let name = self.text_as(node, expected)?;
        let templated = matches!(&node.kind, NodeKind::String(text) if template::is_template(text));
        Some(if templated {
            name.map(|n| n.to_lowercase())
        } else {
            name
        })
    }

    /// As [`Self::one_or_more`], of names.
    pub fn names(&mut self, node: &Node, expected: &str) -> Vec<Spanned<String>> {
        if let NodeKind::List(_) = &node.kind {
            let items = self.filled_list(node, expected);
            return items
                .iter()
                .filter_map(|n| self.name_as(n, "a name"))
                .collect();
        }
        let list = self.expand(node);
        match list.as_deref().map(|n| &n.kind) {
            None => Vec::new(),
            Some(NodeKind::List(_)) => self.one_or_more(node, expected),
            Some(_) => self.name_as(node, expected).into_iter().collect(),
        }
    }

    /// A text, or a scalar that reads as one.
    pub fn scalar(&mut self, node: &Node, expected: &str) -> Option<Spanned<String>> {
        let node = self.expand(node)?;
        match node.scalar_text() {
            Some(text) => Some(Spanned::new(text, node.span)),
            None => {
                let diagnostic = self.mismatch(&node, expected);
                self.diags.push(diagnostic);
                None
            }
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, node: &Node, expected: &str) -> Vec<Spanned<String>> {
        let Some(node) = self.expand(node) else {
            return Vec::new();
        };
        let items = match &node {
            Cow::Borrowed(node) => self.list(node, expected),
            Cow::Owned(node) => self.list(node, expected),
        };
        items.iter().filter_map(|n| self.text(n)).collect()
    }

    /// A text or a list of texts, at least one.
    pub fn one_or_more(&mut self, node: &Node, expected: &str) -> Vec<Spanned<String>> {
        let Some(node) = self.expand(node) else {
            return Vec::new();
        };
        if matches!(node.kind, NodeKind::List(_)) {
            let items = self.filled_list(&node, expected);
            items.iter().filter_map(|n| self.text(n)).collect()
        } else {
            self.text_as(&node, expected).into_iter().collect()
        }
    }

    pub fn bool(&mut self, node: &Node) -> Option<Spanned<bool>> {
        let node = self.expand(node)?;
        if let NodeKind::Bool(value) = node.kind {
            return Some(Spanned::new(value, node.span));
        }
        let diagnostic = self.mismatch(&node, "`true` or `false`");
        let truth = match node
            .scalar_text()
            .unwrap_or_default()
            .to_lowercase()
            .as_str()
        {
            "yes" | "on" | "y" | "1" | "true" => Some("write `true`"),
            "no" | "off" | "n" | "0" | "false" => Some("write `false`"),
            _ => None,
        };
        self.diags.push(match truth {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
        None
    }

    /// A whole number from 0 up.
    pub fn count(&mut self, node: &Node) -> Option<Spanned<u32>> {
        let node = self.expand(node)?;
        if let NodeKind::Int(value) = node.kind
            && let Ok(value) = u32::try_from(value)
        {
            return Some(Spanned::new(value, node.span));
        }
        let diagnostic = self.mismatch(&node, "a whole number, 0 or more");
        self.diags.push(diagnostic);
        None
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, words: &[(&str, T)]) -> Option<Spanned<T>> {
        let text = self.text(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text.value) {
            return Some(Spanned::new(*value, text.span));
        }
        let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        self.diags.push(
            Diagnostic::error(
                &codes::UNKNOWN_WORD,
                format!("expected {}, found `{}`", known.join(" or "), text.value),
            )
            .at(text.span, "not one of these")
            .help(format!("write {}", known.join(" or ")))
            .suggest(nearest(&text, words.iter().map(|(word, _)| *word))),
        );
        None
    }
}

/// In the quotes of YAML that it does not have itself.
fn quoted(text: &str) -> String {
    let quote = if text.contains('"') { '\'' } else { '"' };
    format!("{quote}{text}{quote}")
}

/// The names of the keys that this version reads.
fn now<'k>(keys: impl Iterator<Item = &'k Key>) -> String {
    keys.filter(|k| k.need != Need::Later)
        .map(|k| k.name)
        .collect::<Vec<_>>()
        .join(", ")
}
