//! `{{ env_var('X') }}` in settings: the value of a variable in its place, and what of it is secret. The environment comes in as a
//! function, because nothing on this floor reads it.

use crate::diag::codes::spec as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::secret::{self, Secret, Secrets};
use crate::yaml::decode::Reader;
use crate::yaml::template::{self, Piece};
use crate::yaml::{Node, NodeKind};

/// The key whose values are only needed where one of them is used.
const TARGETS: &str = "targets";

/// Where a text of segc.yml stands.
#[derive(Clone, Copy, Default)]
struct Under<'a> {
    /// The key of the whole map.
    top: &'a str,
    /// The nearest key.
    key: &'a str,
}

/// Puts the variables of segc.yml in.
pub(super) fn of_settings(
    node: &mut Node,
    env: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Secrets,
    diags: &mut Diagnostics,
) {
    put_in_env(node, Under::default(), env, secrets, diags);
}

/// Puts variables in what a target may be made of, wherever it stands. A text with one that is not set stays as it is.
pub fn of_target(
    node: &mut Node,
    env: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Secrets,
    diags: &mut Diagnostics,
) {
    let under = Under {
        top: TARGETS,
        key: "",
    };
    put_in_env(node, under, env, secrets, diags);
}

/// Replaces `{{ env_var('X') }}` in every text of the tree, and keeps what is secret of it.
fn put_in_env(
    node: &mut Node,
    under: Under<'_>,
    env: &dyn Fn(&str) -> Option<String>,
    secrets: &mut Secrets,
    diags: &mut Diagnostics,
) {
    match &mut node.kind {
        NodeKind::String(text) if template::is_template(text) => {
            let pieces = match template::pieces(text, "env_var", &|_| false) {
                Ok(pieces) => pieces,
                Err(problems) => {
                    // Said once: the text stays as something that is no template any more.
                    Reader::new(diags, &[]).template_problems(node, problems);
                    node.kind = NodeKind::String(String::new());
                    return;
                }
            };
            let is_unset = |piece: &Piece| match piece {
                Piece::Call(call) => call.default.is_none() && env(&call.argument).is_none(),
                Piece::Text(_) | Piece::Param { .. } => false,
            };
            if under.top == TARGETS && pieces.iter().any(is_unset) {
                return;
            }
            let mut out = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(text) => out.push_str(&text),
                    // None was said to be one.
                    Piece::Param { name, .. } => out.push_str(&name),
                    Piece::Call(call) if is_misplaced(&call.argument, under) => diags.push(
                        Diagnostic::error(
                            &codes::SECRET_ELSEWHERE,
                            format!("`{}` is a secret, and this is no place for one", call.argument),
                        )
                        .at(node.sub_span(call.range.start, call.range.end), "read here")
                        .help("only `targets:` may read it; give a variable that is no secret another name"),
                    ),
                    Piece::Call(call) => match env(&call.argument).or(call.default) {
                        Some(value) => {
                            if secret::is_variable(&call.argument) || secret::is_key(under.key) {
                                secrets.add(Secret::new(value.as_str()));
                            }
                            out.push_str(&value);
                        }
                        None => diags.push(
                            Diagnostic::error(
                                &codes::UNSET_ENV_VAR,
                                format!("the environment variable `{}` is not set", call.argument),
                            )
                            .at(node.sub_span(call.range.start, call.range.end), "read here")
                            .help(format!(
                                "set it, or give a default: `env_var('{}', '…')`",
                                call.argument
                            )),
                        ),
                    },
                }
            }
            node.kind = NodeKind::String(out);
            node.map = Vec::new();
        }
        NodeKind::List(items) => {
            for item in items {
                put_in_env(item, under, env, secrets, diags);
            }
        }
        NodeKind::Map(entries) => {
            for (key, value) in entries {
                let key = key.value.as_str();
                let top = if under.top.is_empty() { key } else { under.top };
                put_in_env(value, Under { top, key }, env, secrets, diags);
            }
        }
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::Number(_)
        | NodeKind::String(_) => {}
    }
}

/// Whether a variable is a secret that is read outside of the targets.
fn is_misplaced(variable: &str, under: Under<'_>) -> bool {
    secret::is_variable(variable) && under.top != TARGETS
}
