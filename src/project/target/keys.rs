//! The options of one target, read key by key: each is reported once, at its place.

use crate::diag::codes::project as codes;
use crate::diag::codes::spec::UNSET_ENV_VAR;
use crate::diag::{Code, Diagnostic, Diagnostics, nearest};
use crate::secret::{Secret, Secrets};
use crate::source::Span;
use crate::spec::settings::TargetSpec;
use crate::yaml::template::{self, Piece};
use crate::yaml::{Node, NodeKind};
use std::path::{Path, PathBuf};

/// A reader of options. What is wrong makes it [not fine](Self::is_fine).
pub(super) struct Keys<'a> {
    target: &'a TargetSpec,
    /// What of it came from the environment and is secret.
    secrets: &'a Secrets,
    root: &'a Path,
    diags: &'a mut Diagnostics,
    fine: bool,
}

impl<'a> Keys<'a> {
    pub(super) fn new(
        target: &'a TargetSpec,
        secrets: &'a Secrets,
        root: &'a Path,
        diags: &'a mut Diagnostics,
    ) -> Self {
        Self {
            target,
            secrets,
            root,
            diags,
            fine: true,
        }
    }

    /// Whether it stands in a profile of dbt.
    pub(super) fn is_of_dbt(&self) -> bool {
        self.target.is_of_dbt
    }

    pub(super) fn is_fine(&self) -> bool {
        self.fine
    }

    /// Every key is one of these. dbt's profiles have more, which are passed over.
    /// `refused` are spoken of elsewhere.
    pub(super) fn only(&mut self, known: &[&str], refused: &[&str]) {
        if self.target.is_of_dbt {
            return;
        }
        let kind = &self.target.kind.value;
        for (key, _) in &self.target.options {
            if known.iter().chain(refused).any(|k| *k == key.value) {
                continue;
            }
            self.fine = false;
            let diagnostic = Diagnostic::error(
                &codes::BAD_TARGET,
                format!("a `{kind}` target has no key `{}`", key.value),
            )
            .at(
                key.span,
                format!("its keys are: type, {}", known.join(", ")),
            );
            self.diags.push(match key.value.as_str() {
                "schema" | "dataset" => {
                    diagnostic.help("where segments are published stands in `outputs: {schema: …}`")
                }
                other => diagnostic.suggest(nearest(other, known.iter().copied())),
            });
        }
    }

    fn get(&mut self, name: &str) -> Option<&'a Node> {
        let (_, node) = self
            .target
            .options
            .iter()
            .find(|(key, _)| key.value == name)?;
        if let Some(diagnostic) = unset(node) {
            self.fine = false;
            self.diags.push(diagnostic);
            return None;
        }
        (node.kind != NodeKind::Null).then_some(node)
    }

    /// Whether a key is written, whatever its value.
    pub(super) fn has(&self, name: &str) -> bool {
        let mut options = self.target.options.iter();
        options.any(|(key, node)| key.value == name && node.kind != NodeKind::Null)
    }

    /// Where a value is written: the target's type where it is not.
    pub(super) fn place(&self, name: &str) -> Span {
        let mut options = self.target.options.iter();
        let found = options.find(|(key, _)| key.value == name);
        found.map_or(self.target.kind.span, |(_, node)| node.span)
    }

    /// A value of another kind than `expected`.
    pub(super) fn wrong(&mut self, name: &str, expected: &str) {
        let found = self
            .target
            .options
            .iter()
            .find(|(key, _)| key.value == name);
        let span = found.map_or(self.target.span, |(_, node)| node.span);
        self.fine = false;
        self.diags.push(
            Diagnostic::error(
                &codes::BAD_TARGET,
                format!("`{name}` of a target is {expected}"),
            )
            .at(span, format!("expected {expected}"))
            .help("see `segc explain S0416`"),
        );
    }

    /// Something that cannot be: at the key, or at the target where the key is missing.
    pub(super) fn refuse(&mut self, code: &'static Code, name: &str, message: &str, help: &str) {
        let found = self
            .target
            .options
            .iter()
            .find(|(key, _)| key.value == name);
        let span = found.map_or(self.target.kind.span, |(key, _)| key.span);
        let label = if found.is_some() {
            "written here"
        } else {
            "of this target"
        };
        self.fine = false;
        self.diags
            .push(Diagnostic::error(code, message).at(span, label).help(help));
    }

    /// Says of a key of dbt's, where it is written, that it is passed over although it says something of the connection.
    pub(super) fn not_read(&mut self, name: &str, message: &str, help: &str) {
        let mut options = self.target.options.iter();
        let nothing = [
            NodeKind::Null,
            NodeKind::Bool(false),
            NodeKind::List(Vec::new()),
        ];
        if let Some((key, _)) =
            options.find(|(key, n)| key.value == name && !nothing.contains(&n.kind))
            && self.target.is_of_dbt
        {
            let message = format!("`{name}` of dbt's profile is not read: {message}");
            let diagnostic = Diagnostic::warning(&codes::BAD_TARGET, message);
            self.diags
                .push(diagnostic.at(key.span, "passed over").help(help));
        }
    }

    /// A kind of target that there is none of.
    pub(super) fn unknown_kind(&mut self, kinds: &[&str]) {
        let kind = &self.target.kind;
        let node = Node::new(NodeKind::String(kind.value.clone()), kind.span);
        self.diags.push(unset(&node).unwrap_or_else(|| {
            Diagnostic::error(
                &codes::TARGET_TYPE,
                format!("there is no target type `{}`", kind.value),
            )
            .at(kind.span, format!("expected `{}`", kinds.join("` or `")))
            .suggest(nearest(kind, kinds.iter().copied()))
        }));
        self.fine = false;
    }

    /// The path of a database: dbt's are relative to dbt's project.
    pub(super) fn database(&self, path: String) -> PathBuf {
        if self.target.is_of_dbt {
            self.root.join(path)
        } else {
            PathBuf::from(path)
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let node = self.get(name)?;
        let text = node.scalar_text().filter(|text| !text.is_empty());
        if text.is_none() {
            self.wrong(name, "a text");
        }
        text
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, name: &str, what: &str) -> Option<String> {
        if !self.has(name) {
            let message = format!("a `{}` target needs `{name}`", self.target.kind.value);
            self.refuse(
                &codes::BAD_TARGET,
                name,
                &message,
                &format!("add `{name}: …`, {what}"),
            );
        }
        self.text(name)
    }

    pub(super) fn number(&mut self, name: &str, least: u64, most: u64, what: &str) -> Option<u64> {
        let text = self.get(name)?.scalar_text();
        let number = text.and_then(|t| t.parse().ok());
        let number = number.filter(|n: &u64| (least..=most).contains(n));
        if number.is_none() {
            self.wrong(name, what);
        }
        number
    }

    /// One of these words, in any case.
    pub(super) fn word(&mut self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.text(name)?.to_ascii_lowercase();
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            self.wrong(name, &format!("one of {}", words.join(", ")));
        }
        found
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&mut self, name: &str, what: &str) -> Option<Vec<String>> {
        let node = self.get(name)?;
        let text = |node: &Node| node.scalar_text().filter(|text| !text.is_empty());
        let texts = match &node.kind {
            NodeKind::List(items) => items.iter().map(text).collect(),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::Map(_) => text(node).map(|text| vec![text]),
        };
        if texts.is_none() {
            self.wrong(name, what);
        }
        texts
    }

    /// A file: `~/` is the user's folder, and anything else is relative to the project's.
    pub(super) fn file(&mut self, name: &str) -> Option<PathBuf> {
        let text = self.text(name)?;
        let home = text.strip_prefix("~/").zip(super::home());
        Some(home.map_or_else(|| self.root.join(&text), |(below, home)| home.join(below)))
    }

    /// A secret, which stands in the environment and not in a file of the project.
    pub(super) fn secret(&mut self, name: &str) -> Option<Secret> {
        let text = self.text(name)?;
        self.is_hidden(name, &text).then(|| Secret::new(text))
    }

    /// Likewise, where the value may be a map that is read as JSON.
    pub(super) fn secret_json(&mut self, name: &str) -> Option<Secret> {
        let node = self.get(name)?;
        let json = match node.kind {
            NodeKind::Map(_) => {
                let mut problem = None;
                unset_within(node, &mut problem);
                if let Some(diagnostic) = problem {
                    self.fine = false;
                    self.diags.push(diagnostic);
                    return None;
                }
                let json = json(node);
                let key = json
                    .get("private_key")
                    .or_else(|| json.get("refresh_token"));
                let key = key.and_then(|key| key.as_str()).unwrap_or("");
                return self
                    .is_hidden(name, key)
                    .then(|| Secret::new(json.to_string()));
            }
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::Number(_)
            | NodeKind::String(_)
            | NodeKind::List(_) => self.text(name)?,
        };
        self.is_hidden(name, &json).then(|| Secret::new(json))
    }

    /// Whether a secret was read from the environment; dbt's own file may hold it.
    fn is_hidden(&mut self, name: &str, text: &str) -> bool {
        if self.target.is_of_dbt || self.secrets.stand_in(text) {
            return true;
        }
        let variable = format!("SEGC_ENV_SECRET_{}", name.to_ascii_uppercase());
        self.refuse(
            &codes::SECRET_WRITTEN,
            name,
            &format!("the secret `{name}` is written in segc.yml"),
            &format!("put it into the environment: `{name}: \"{{{{ env_var('{variable}') }}}}\"`"),
        );
        false
    }
}

/// A variable that a text needs and that is not set.
pub(super) fn unset(node: &Node) -> Option<Diagnostic> {
    let NodeKind::String(text) = &node.kind else {
        return None;
    };
    if !template::is_template(text) {
        return None;
    }
    let pieces = template::pieces(text, "env_var", &|_| false).ok()?;
    pieces.into_iter().find_map(|piece| match piece {
        Piece::Call(call) => Some(
            Diagnostic::error(
                &UNSET_ENV_VAR,
                format!("the environment variable `{}` is not set", call.argument),
            )
            .at(node.sub_span(call.range.start, call.range.end), "read here")
            .help(format!(
                "set it, or give a default: `env_var('{}', '…')`",
                call.argument
            )),
        ),
        Piece::Text(_) | Piece::Param { .. } => None,
    })
}

fn unset_within(node: &Node, found: &mut Option<Diagnostic>) {
    match &node.kind {
        NodeKind::Map(entries) => entries.iter().for_each(|(_, n)| unset_within(n, found)),
        NodeKind::List(items) => items.iter().for_each(|n| unset_within(n, found)),
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_) => {
            if found.is_none() {
                *found = unset(node);
            }
        }
    }
}

fn json(node: &Node) -> serde_json::Value {
    match &node.kind {
        NodeKind::Null => serde_json::Value::Null,
        NodeKind::Bool(b) => (*b).into(),
        NodeKind::Int(i) => (*i).into(),
        NodeKind::Number(text) | NodeKind::String(text) => text.as_str().into(),
        NodeKind::List(items) => items.iter().map(json).collect(),
        NodeKind::Map(entries) => {
            let entries = entries.iter().map(|(k, v)| (k.value.clone(), json(v)));
            serde_json::Value::Object(entries.collect())
        }
    }
}
