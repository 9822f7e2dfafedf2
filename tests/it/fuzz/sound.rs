//! What must be true of diagnostics, whatever they are about.

use segc::diag::render::{Format, render};
use segc::diag::{Diagnostics, Severity};
use segc::source::{SourceMap, Span};

/// Findings that are about what is not there: a file, or anything selected.
const PLACELESS: &[&str] = &["S0402", "S0410"];

fn inside(sources: &SourceMap, span: Span) -> bool {
    sources.get(span.file).is_some_and(|file| {
        let range = span.start as usize..span.end as usize;
        file.text.get(range).is_some()
    })
}

/// Every finding has a place in its file, is said once, has words for what to do, and can be shown in every format; there are not more
/// of them than the input gives reason for.
pub(super) fn diagnostics(diags: &Diagnostics, sources: &SourceMap) {
    let mut diags = diags.clone();
    diags.finish(false);
    let bytes: usize = sources.iter().map(|(_, file)| file.text.len()).sum();
    assert!(diags.len() <= 16 + bytes, "{} findings", diags.len());
    for d in diags.iter() {
        assert!(
            !d.labels.is_empty() || PLACELESS.contains(&d.code.id),
            "no place: {} {}",
            d.code.id,
            d.message
        );
        for label in &d.labels {
            assert!(
                inside(sources, label.span),
                "outside: {} {} {:?}",
                d.code.id,
                d.message,
                label
            );
        }
        assert!(!d.message.is_empty());
        if d.severity == Severity::Error {
            let said = d.labels.iter().any(|label| !label.text.is_empty());
            assert!(
                said || d.help.is_some() || !d.notes.is_empty(),
                "no hint: {} {}",
                d.code.id,
                d.message
            );
        }
    }
    shown(&diags, sources, bytes);
}

fn shown(diags: &Diagnostics, sources: &SourceMap, bytes: usize) {
    let most = 4_096 + diags.len() * 60_000 + bytes;
    let text = render(Format::Text, diags, sources, "shop/");
    let plain = anstream::adapter::strip_str(&text).to_string();
    assert!(
        plain.chars().all(|c| c == '\n' || !c.is_control()),
        "{plain}"
    );
    let json = render(Format::Json, diags, sources, "shop/");
    assert_eq!(json.lines().count(), diags.len());
    for line in json.lines() {
        let _: serde_json::Value = serde_json::from_str(line).unwrap();
    }
    let github = render(Format::Github, diags, sources, "shop/");
    assert_eq!(github.lines().count(), diags.len());
    let sarif = render(Format::Sarif, diags, sources, "shop/");
    let _: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    for out in [&text, &json, &github] {
        assert!(
            out.len() <= most,
            "{} bytes of output: {}",
            out.len(),
            &out[..300]
        );
    }
}
