//! `allow:` of an item: lints that are silent there, and why.

use super::{Name, keys};
use crate::diag::Diagnostic;
use crate::diag::codes::lint::{self, Lint};
use crate::diag::codes::spec as codes;
use crate::diag::nearest;
use crate::source::Span;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// One of `allow:`. Its reason is for people.
#[derive(Clone, Copy, Debug)]
pub struct AllowSpec {
    pub lint: &'static Lint,
    pub span: Span,
}

/// `allow: [{lint: …, reason: …}]`
pub(super) fn allow(r: &mut Reader<'_>, f: &Fields<'_>) -> Vec<AllowSpec> {
    let Some(node) = f.get("allow") else {
        return Vec::new();
    };
    if node.kind == NodeKind::Null {
        return Vec::new();
    }
    let items = r.list(node, "a list of lints, each with a reason");
    items.iter().filter_map(|node| one(r, node)).collect()
}

fn one(r: &mut Reader<'_>, node: &Node) -> Option<AllowSpec> {
    let f = r.fields(node, &keys::ALLOW)?;
    let reason = f.get("reason").and_then(|n| r.text(n));
    let name = f.get("lint").and_then(|n| r.text_as(n, "a lint"));
    let lint = name.and_then(|name| known(r, &name));
    if let Some(reason) = reason
        && reason.trim().is_empty()
    {
        let diagnostic = Diagnostic::error(&codes::WRONG_TYPE, "the reason is empty")
            .at(reason.span, "expected why it is right here")
            .help("say it to whoever wonders next year");
        r.diags.push(diagnostic);
    }
    Some(AllowSpec {
        lint: lint?,
        span: node.span,
    })
}

/// The lint of a name or code, which there must be.
pub(super) fn known(r: &mut Reader<'_>, name: &Name) -> Option<&'static Lint> {
    let lint = lint::find(name);
    if lint.is_none() {
        r.diags.push(
            Diagnostic::error(
                &codes::UNKNOWN_WORD,
                format!("there is no lint `{}`", name.value),
            )
            .at(name.span, "expected the name or the code of a lint")
            .help("docs/lints.md lists them all")
            .suggest(nearest(name, lint::NAMES.iter().copied())),
        );
    }
    lint
}
