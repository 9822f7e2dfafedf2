//! What must be true of reading YAML.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> (Node, Diagnostics) {
    let mut diags = Diagnostics::default();
    let node = parse(FileId(0), text, &mut diags);
    (node, diags)
}

fn good(text: &str) -> Node {
    let (node, diags) = read(text);
    assert!(diags.is_empty(), "{text:?}: {diags:?}");
    node
}

/// Codes and the text under the first label.
fn found(text: &str) -> Vec<(&'static str, String)> {
    let (_, diags) = read(text);
    diags
        .iter()
        .map(|d| {
            let span = d.span().expect("every diagnostic has a place");
            let at = text
                .get(span.start as usize..span.end as usize)
                .expect("a place in the text");
            (d.code.id, at.to_owned())
        })
        .collect()
}

fn one(text: &str, code: &Code, at: &str) {
    assert_eq!(found(text), [(code.id, at.to_owned())], "{text:?}");
}

use crate::diag::Code;

/// The text in the file under every word of a decoded text.
fn words_in_file(text: &str, node: &Node) -> Vec<(String, String)> {
    let NodeKind::String(decoded) = &node.kind else {
        panic!("no text: {node:?}");
    };
    decoded
        .split_whitespace()
        .map(|word| {
            let start = word.as_ptr() as usize - decoded.as_ptr() as usize;
            let span = node.sub_span(start, start + word.len());
            let at = text.get(span.start as usize..span.end as usize);
            (word.to_owned(), at.expect("a place in the text").to_owned())
        })
        .collect()
}

#[test]
fn values_and_their_places() {
    let text = "a: 1\nb: [x, 'y', 0.10]\nc:\n  d: no\n  e:\nf: {g: true, h}\n";
    let node = good(text);
    let at = |n: &Node| {
        text.get(n.span.start as usize..n.span.end as usize)
            .expect("inside")
    };
    assert_eq!(node.get("a").map(|n| &n.kind), Some(&NodeKind::Int(1)));
    let b = node.get("b").expect("b");
    assert_eq!(at(b), "[x, 'y', 0.10]");
    let NodeKind::List(items) = &b.kind else {
        panic!("a list")
    };
    assert_eq!(
        items.iter().map(at).collect::<Vec<_>>(),
        ["x", "'y'", "0.10"]
    );
    assert_eq!(
        items.last().map(|n| &n.kind),
        Some(&NodeKind::Number("0.10".into()))
    );
    let c = node.get("c").expect("c");
    assert_eq!(at(c), "d: no\n  e");
    assert_eq!(
        c.get("d").map(|n| &n.kind),
        Some(&NodeKind::String("no".into()))
    );
    let e = c.get("e").expect("e");
    assert_eq!((&e.kind, at(e)), (&NodeKind::Null, "e"));
    assert_eq!(
        node.get("f").and_then(|f| f.get("h")).map(|n| &n.kind),
        Some(&NodeKind::Null)
    );
}

#[test]
fn an_empty_file_is_nothing() {
    for text in ["", "\n", "# nothing here\n", "---\n", "\u{feff}", "~"] {
        assert_eq!(good(text).kind, NodeKind::Null, "{text:?}");
    }
}

#[test]
fn byte_order_mark_and_crlf_keep_places_right() {
    let text = "\u{feff}a: b\r\nc: |\r\n  one\r\n    two\r\nd: \"x\r\n  y\"\r\n";
    let node = good(text);
    let a = node.get("a").expect("a");
    assert_eq!(
        text.get(a.span.start as usize..a.span.end as usize),
        Some("b")
    );
    let c = node.get("c").expect("c");
    assert_eq!(c.kind, NodeKind::String("one\n  two\n".into()));
    for key in ["c", "d"] {
        for (word, at) in words_in_file(text, node.get(key).expect("there")) {
            assert_eq!(word, at);
        }
    }
}

#[test]
fn every_word_of_a_text_leads_back_to_itself() {
    for text in [
        "k: plain text\n",
        "k: plain\n  over lines\n\n  and a gap # not this\n",
        "k: 'single  quoted'\n",
        "k: 'over\n\n\n  lines  \n  of it'\n",
        "k: \"double quoted\"\n",
        "k: \"over  \n   lines and \\\n   joined\\\n   up\"\n",
        "k: |\n  one\n    two\n\n\n  three\n",
        "k: |2-\n    one\n  two\n\n",
        "k: >\n  one\n  two\n\n  three\n    four\n    five\n\n\n  six\n",
        "k: >+\n\n  one\n\n",
        "k:\n  - - x\nl: |\n\n  ä 'é'  \u{1f600}\n  \tb\n",
        "k:\n  ä b\n  ö\u{a0}\n  ü\n",
        "k: >-\n  sum(orders.total) > 5\n  and country = 'US'\n",
    ] {
        let node = good(text);
        let mut nodes = vec![&node];
        while let Some(node) = nodes.pop() {
            match &node.kind {
                NodeKind::String(_) => {
                    for (word, at) in words_in_file(text, node) {
                        assert_eq!(word.replace("joinedup", "joined\\\n   up"), at, "{text:?}");
                    }
                }
                NodeKind::List(items) => nodes.extend(items),
                NodeKind::Map(entries) => nodes.extend(entries.iter().map(|(_, n)| n)),
                NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) => {}
            }
        }
    }
}

#[test]
fn escapes_lead_back_to_themselves() {
    let text = r#"k: "a \u00e9 \x41b \ud83d\ude00 \"q\" \\ \U0001F600z""#;
    let node = good(text);
    let words = words_in_file(text, node.get("k").expect("k"));
    let pairs: Vec<_> = words
        .iter()
        .map(|(w, at)| (w.as_str(), at.as_str()))
        .collect();
    assert_eq!(
        pairs,
        [
            ("a", "a"),
            ("é", r"\u00e9"),
            ("Ab", r"\x41b"),
            ("😀", r"\ud83d\ude00"),
            ("\"q\"", r#"\"q\""#),
            ("\\", r"\\"),
            ("😀z", r"\U0001F600z"),
        ]
    );
    let text = "k: 'it''s  ''here'''";
    let words = words_in_file(text, good(text).get("k").expect("k"));
    assert_eq!(words.last(), Some(&("'here'".into(), "''here''".into())));
}

#[test]
fn duplicate_keys_show_both_places_and_reading_goes_on() {
    let text = "a: 1\nb: {x: 1, x: 2}\na: 3\nc: 4\n";
    let (node, diags) = read(text);
    let places: Vec<Vec<u32>> = diags
        .iter()
        .map(|d| d.labels.iter().map(|l| l.span.start).collect())
        .collect();
    assert_eq!(places, [vec![15, 9], vec![21, 0]]);
    assert_eq!(node.get("a").map(|n| &n.kind), Some(&NodeKind::Int(1)));
    assert!(node.get("c").is_some());
    one("a: 1\n'a': 2\n", &codes::DUPLICATE_KEY, "'a'");
    one("1: x\n\"1\": y\n", &codes::DUPLICATE_KEY, "\"1\"");
}

#[test]
fn what_is_refused_is_refused_at_its_place() {
    one("a: 1\n---\nb: 2\n", &codes::SEVERAL_DOCUMENTS, "---");
    one("a: !include x.yml\n", &codes::TAG, "!include");
    one("a: !!binary aGk=\n", &codes::TAG, "!!binary");
    one("a: !!str 5\n", &codes::TAG, "!!str");
    one("a: ! 5\n", &codes::TAG, "!");
    one("a: !!omap [b: 1]\n", &codes::TAG, "!!omap");
    one("a: b\u{202e}c\n", &codes::REFUSED_CHARACTER, "\u{202e}");
    one("a: b\0c\n", &codes::REFUSED_CHARACTER, "\0");
    one("# \u{7}\n", &codes::REFUSED_CHARACTER, "\u{7}");
    one("a: \"x \\u202e y\"\n", &codes::REFUSED_CHARACTER, "\\u202e");
    one("a: \"x\\0\"\n", &codes::REFUSED_CHARACTER, "\\0");
    one("a: x\u{feff}\n", &codes::REFUSED_CHARACTER, "\u{feff}");
    one("a:\n\tb: 1\n", &codes::TAB, "\t");
    one("a:\n  - b: 1\n\t c: 2\n", &codes::TAB, "\t");
    one("a: *b\n", &codes::BAD_ALIAS, "*b");
    one("a: &b [*b]\n", &codes::BAD_ALIAS, "*b");
    one(
        "a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n",
        &codes::MERGE_KEY,
        "<<",
    );
    one("a: {{ var('x') }}\n", &codes::KEY_NOT_TEXT, "{");
    one("[a]: b\n", &codes::KEY_NOT_TEXT, "[");
    one(": b\n", &codes::KEY_NOT_TEXT, "");
    one("%YAML 1.1\n---\na: 1\n", &codes::INVALID, "%");
    one("a: 'b\n", &codes::INVALID, "'");
    one("a: b: c\n", &codes::INVALID, ":");
    one("a: @b\n", &codes::INVALID, "@");
}

#[test]
fn limits_hold_and_stop_reading() {
    let big = format!("a: \"{}\"\n", "x".repeat(MAX_BYTES));
    one(&big, &codes::FILE_TOO_LARGE, "");
    let long = format!("a: {}\n", "x".repeat(MAX_SCALAR_BYTES + 1));
    one(&long, &codes::SCALAR_TOO_LONG, "");
    good(&format!("a: {}\n", "x".repeat(MAX_SCALAR_BYTES)));

    good(&format!(
        "{}1{}",
        "[".repeat(MAX_DEPTH),
        "]".repeat(MAX_DEPTH)
    ));
    let deep = MAX_DEPTH + 1;
    let deep = format!("{}1{}", "[".repeat(deep), "]".repeat(deep));
    one(&deep, &codes::TOO_DEEP, "[");
    for deep in [
        "[".repeat(10_000),
        "- ".repeat(10_000),
        "{a: ".repeat(10_000),
        (0..10_000)
            .map(|i| format!("{}a:\n", " ".repeat(i % 100)))
            .collect(),
    ] {
        let codes = found(&deep);
        assert_eq!(codes.len(), 1, "one error");
    }
    let blocks: String = (0..400).map(|i| format!("{}a:\n", " ".repeat(i))).collect();
    assert_eq!(found(&blocks).first().map(|(c, _)| *c), Some("S0009"));

    good(&format!("[{}]", "1,".repeat(MAX_NODES - 1)));
    let many = format!("[{}]", "1,".repeat(MAX_NODES));
    one(&many, &codes::TOO_MANY_NODES, "1");

    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..20 {
        let alias = format!("*a{}, ", i - 1).repeat(9);
        bomb.push_str(&format!("a{i}: &a{i} [{alias}]\n"));
    }
    assert_eq!(found(&bomb).first().map(|(c, _)| *c), Some("S0010"));

    let mut nested = String::from("a0: &a0 [x]\n");
    for i in 1..40 {
        nested.push_str(&format!("a{i}: &a{i} [*a{}]\n", i - 1));
    }
    assert_eq!(found(&nested).first().map(|(c, _)| *c), Some("S0009"));
}

#[test]
fn aliases_repeat_values_and_keep_the_places_of_the_first() {
    let node = good("a: &x {k: [1, 'b']}\nb: *x\n");
    assert_eq!(node.get("a"), node.get("b"));
    assert_eq!(node.get("a").map(|n| n.span), node.get("b").map(|n| n.span));
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let bad = utf8(b"name: caf\xe9\n".to_vec()).expect_err("latin-1");
    assert_eq!((bad.offset, bad.text.as_str()), (9, "name: caf\u{fffd}\n"));
    assert_eq!(bad.diagnostic(FileId(3)).code.id, "S0001");
    let bad = utf8(b"\xff\xfea\0".to_vec()).expect_err("utf-16");
    assert!(
        bad.diagnostic(FileId(0))
            .help
            .is_some_and(|h| h.contains("UTF-16"))
    );
    assert_eq!(utf8("ä".into()).expect("utf-8"), "ä");
}

/// Nothing panics, and every place lies in the text.
fn survives(text: &str) -> Result<(), TestCaseError> {
    let (node, diags) = read(text);
    for d in diags.iter() {
        for label in &d.labels {
            prop_assert!(
                text.get(label.span.start as usize..label.span.end as usize)
                    .is_some(),
                "{d:?}"
            );
        }
    }
    let mut nodes = vec![&node];
    while let Some(node) = nodes.pop() {
        prop_assert!(
            text.get(node.span.start as usize..node.span.end as usize)
                .is_some()
        );
        match &node.kind {
            NodeKind::String(s) => {
                for (at, c) in s.char_indices() {
                    let span = node.sub_span(at, at + c.len_utf8());
                    prop_assert!(
                        text.get(span.start as usize..).is_some(),
                        "{text:?} {s:?} {at}"
                    );
                }
            }
            NodeKind::List(items) => nodes.extend(items),
            NodeKind::Map(entries) => nodes.extend(entries.iter().map(|(_, n)| n)),
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Int(_) | NodeKind::Number(_) => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        match utf8(bytes) {
            Ok(text) => survives(&text)?,
            Err(bad) => survives(&bad.text)?,
        }
    }

    #[test]
    fn yaml_like_text_does_no_harm(text in r#"([a-c]|: |- |\n {0,6}|[\[\]{},&*!|>'"\\#%@?\t-]|\\u[0-9a-f]{4}|é|\r\n|<<|\.|1){0,60}"#) {
        survives(&text)?;
    }
}

#[test]
fn what_a_merge_has_left_is_named() {
    let ours = "segments:\n  - name: a\n";
    let theirs = "  - name: b\n";
    for (text, marker) in [
        (
            format!("{ours}<<<<<<< HEAD\n{theirs}=======\n{theirs}>>>>>>> other\n"),
            "<<<<<<< HEAD",
        ),
        (
            format!("<<<<<<< HEAD\r\n{ours}=======\r\n{ours}>>>>>>> other\r\n"),
            "<<<<<<< HEAD",
        ),
        (format!("{ours}=======\n{theirs}"), "======="),
        (format!("{ours}>>>>>>> 1a2b3c\n"), ">>>>>>> 1a2b3c"),
    ] {
        one(&text, &codes::INVALID, marker);
        let (_, diags) = read(&text);
        assert!(
            diags
                .iter()
                .all(|d| d.message.contains("a merge left conflicts"))
        );
    }
    // A text may have such lines in it, and its file other mistakes.
    good("a: |\n  <<<<<<< HEAD\n  =======\n");
    let (_, diags) = read("a: |\n  <<<<<<< HEAD\n  =======\nb: [\n");
    assert!(
        diags.iter().all(|d| !d.message.contains("merge")),
        "{diags:?}"
    );
}
