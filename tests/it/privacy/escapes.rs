//! Thirty payloads, in every text that somebody can choose, through everything that is printed.

use super::stdout;
use crate::people::{ENTITY, Shop};
use std::fmt::Write as _;

const PAYLOADS: &[&str] = &[
    "\u{1b}[2J\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\",
    "\u{9b}31mc1",
    "\u{90}dcs\u{9c}",
    "back\u{8}\u{8}\u{8}space",
    "bell\u{7}",
    "nul\u{0}",
    "del\u{7f}",
    "over\rwritten",
    "\u{202e}desrever",
    "\u{2066}isolate\u{2069}",
    "zero\u{200b}width\u{feff}",
    "\u{2028}line\u{2029}paragraph",
    "\u{e0041}tag",
    "::error file=x::fake",
    "  ::set-output name=a::b",
    "##[group]fake",
    "%0A::error::fake",
    "a|b|c",
    "`code` ```fence```",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]><!--x-->&amp;",
    "@everyone #1 GH-1",
    "[link](javascript:alert(1)) ![i](http://evil/x.png)",
    "http://evil.example/x",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "'; drop table customers; --",
    "\\u{1b}$(id)`id`${HOME}",
    "</code></td></tr><h1>x",
];

/// What no output for people may have: characters that steer, but for the colours of segc's own.
fn steers(text: &str) -> Option<String> {
    let own = regex_free(text);
    own.chars()
        .find(|c| *c != '\n' && segc::diag::plain::steers(*c))
        .map(|c| format!("{c:?}"))
        .or_else(|| {
            let command = |l: &&str| {
                // ` ::: path` is how the second place of a finding is shown; it ends no command.
                let l = l.trim_start();
                (l.starts_with("::") && !l.starts_with("::: ")) || l.starts_with("##[")
            };
            own.lines().find(command).map(str::to_owned)
        })
}

/// Without colours, bold and faint.
fn regex_free(text: &str) -> String {
    let mut out = text.to_owned();
    for n in [0, 1, 2, 4].into_iter().chain(30..38).chain(90..98) {
        out = out.replace(&format!("\u{1b}[{n}m"), "");
        out = out.replace(&format!("\u{1b}[1;{n}m"), "");
    }
    out
}

#[cfg(unix)]
fn file_name(payload: &str) -> String {
    let name: String = payload
        .chars()
        .filter(|c| !matches!(c, '/' | '\0'))
        .collect();
    format!("{name}.yml")
}

/// Catalogue: H17. Values of rows, columns' names, files' names and flags, on a terminal and in a log.
#[test]
fn no_text_steers_a_terminal_or_a_ci_system() {
    let mut rows = "customer_id,vip,name\n".to_owned();
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let payload = payload.replace('\0', "").replace('"', "\"\"");
        writeln!(rows, "{n},true,\"{payload}\"").unwrap();
    }
    let entity = ENTITY.replace("vip: boolean", "vip: boolean, name: string");
    let spec = "segments:\n  - {name: vip, where: vip and name <> 'x', expose: [name]}\n";
    let shop = Shop::new(&entity, spec, &rows);
    shop.built("2026-01-01");
    let (code, shown) = shop.segc(&["show", "vip", "--limit", "0"]);
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(steers(&shown), None, "{shown}");
    for n in (0..PAYLOADS.len()).step_by(2) {
        let (code, said) = shop.segc(&["why", "vip", &n.to_string()]);
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(steers(&said), None, "{said}");
    }
    // A process each: every payload goes to a third of the flags, every flag sees a third of the payloads.
    let payloads = PAYLOADS.iter().filter(|p| !p.contains('\0'));
    for (n, payload) in payloads.enumerate() {
        let flags = [
            &["show", payload][..],
            &["why", "vip", payload],
            &["explain", payload],
            &["build", "--select", payload],
            &["build", "--target", payload],
            &["build", "--vars", payload],
            &["build", "--as-of", payload],
            &["build", "--accept", payload],
            &["plan", "--against", payload],
            &["plan", "--state", payload],
            &["check", "--project-dir", payload],
            &["forget", "--entity", payload, "--keys-from", payload],
            &["backfill", "--from", payload, "--to", payload],
            &["check", "--format", "github", "--select", payload],
        ];
        for args in flags.into_iter().skip(n % 3).step_by(3) {
            let (code, said) = shop.segc(args);
            assert!(code.is_some(), "{args:?}: {said}");
            let said = if args.contains(&"github") {
                said.replace("::error ", "").replace("::warning ", "")
            } else {
                said
            };
            assert_eq!(steers(&said), None, "{args:?}: {said}");
        }
        #[cfg(unix)]
        {
            let path = format!("segments/{}", file_name(payload));
            shop.put(&path, "segments:\n  - {name: Wrong Name, nonsense: 1}\n");
            for format in ["text", "github"] {
                let (code, said) = shop.segc(&["check", "--format", format]);
                assert_eq!(code, Some(1), "{said}");
                let said = said.replace("::error ", "").replace("::warning ", "");
                assert_eq!(steers(&said), None, "{path}: {said}");
                assert_eq!(said.matches("fake::").count(), 0, "{path}: {said}");
            }
            std::fs::remove_file(shop.path().join(&path)).unwrap();
        }
    }
}

/// Catalogue: H16, G6. There is no HTML; of Markdown, a reader sees what stands there.
#[test]
fn a_plan_in_markdown_is_nothing_but_text() {
    let mut spec = "segments:\n".to_owned();
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let text: String = payload
            .chars()
            .filter(|c| !segc::diag::plain::steers(*c))
            .collect();
        let text = text.replace('\'', "''");
        writeln!(
            spec,
            "  - {{name: s{n}, title: '{text}', description: '{text}', owner: '{text}', action: '{text}', where: vip}}"
        )
        .unwrap();
    }
    let shop = Shop::new(ENTITY, &spec, "customer_id,vip\n1,true\n");
    let (code, page) = stdout(&shop, &["plan", "--markdown"]);
    assert_eq!(code, Some(0), "{page}");
    for line in page
        .lines()
        .filter(|l| l.starts_with('|') && !l.starts_with("| :"))
    {
        assert_eq!(line.matches('|').count(), 9, "{line}");
    }
    for raw in [
        "<script",
        "<img",
        "<h1",
        "](",
        "```",
        "@everyone",
        "@SUM",
        "http://",
        "<!--",
    ] {
        assert!(!page.contains(raw), "{raw} in {page}");
    }
    assert_eq!(steers(&page), None, "{page}");
    for args in [&["ls"][..], &["explain", "s0"], &["build"], &["plan"]] {
        let (_, said) = shop.segc(args);
        assert_eq!(steers(&said), None, "{said}");
    }
}

/// Catalogue: H5. What a spec may hold at all: the reader of YAML refuses what steers.
#[test]
fn a_spec_has_no_control_or_bidirectional_characters() {
    let mut refused = 0;
    for payload in PAYLOADS
        .iter()
        .filter(|p| p.chars().any(segc::diag::plain::steers))
    {
        let text: String = payload
            .chars()
            .map(|c| format!("\\U{:08x}", u32::from(c)))
            .collect();
        let shop = Shop::new(
            ENTITY,
            &format!("segments:\n  - {{name: a, title: \"{text}\", where: vip}}\n"),
            "customer_id,vip\n1,true\n",
        );
        let (code, said) = shop.segc(&["check"]);
        assert_eq!(steers(&said), None, "{said}");
        refused += u32::from(code == Some(1));
    }
    assert!(refused >= 12, "{refused}");
}

/// JUnit is XML, whatever the rows of a fixture hold.
#[test]
fn results_of_tests_are_well_formed() {
    let mut csv = "customer_id,vip,name\n".to_owned();
    for (n, payload) in PAYLOADS.iter().enumerate() {
        let payload = payload.replace('\0', "").replace('"', "\"\"");
        writeln!(csv, "{n},false,\"{payload}\"").unwrap();
    }
    let entity = ENTITY.replace("vip: boolean", "vip: boolean, name: string");
    let shop = Shop::new(
        &entity,
        "segments:\n  - {name: vip, where: vip and name <> 'x'}\n",
        "customer_id,vip,name\n1,true,x\n",
    );
    shop.put("fixtures/customers.csv", &csv);
    shop.put(
        "tests/t.yml",
        "tests:\n  - name: all\n    segment: vip\n    as_of: 2026-01-01\n    given: {customer: file('fixtures/customers.csv')}\n    expect: {members: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 21, 22, 23, 31]}\n",
    );
    let (code, xml) = stdout(&shop, &["test", "--format", "junit"]);
    assert_eq!(code, Some(1), "{xml}");
    assert_eq!(steers(&xml), None, "{xml}");
    for raw in ["<script", "<img", "<h1", "]]>"] {
        assert!(!xml.contains(raw), "{raw} in {xml}");
    }
}
