//! Random inputs: real ones with pieces left out, repeated, moved, exchanged among each other and for words of the grammar; trees
//! with branches exchanged; noise.

use super::seeds;
use crate::random::Dice;
use serde_json::Value as Json;

/// What readers of text have stumbled over.
const HOSTILE: &[&str] = &[
    "",
    "\0",
    "\u{feff}",
    "\r\n",
    "\r",
    "\u{85}",
    "\u{2028}",
    "\t",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{7f}",
    "\u{1b}[2J",
    "\u{e000}",
    "\\ud800",
    "\"\\ud800\"",
    "\"\\U00110000\"",
    "\"\\x7f\"",
    "é",
    "e\u{301}",
    "😀",
    "İ",
    "ß",
    "'",
    "\"",
    "`",
    "{{ var('x') }}",
    "{{ var('vip_spend') }}",
    "{{",
    "}}",
    "{% if %}",
    "{{ env_var('HOME') }}",
    "&a [*a]",
    "&a",
    "*a",
    "<<: ",
    "!!str ",
    "%YAML 1.2",
    "---\n",
    "...",
    "? ",
    "|\n  ",
    ">-\n  ",
    "- ",
    ": ",
    "# ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "~",
    "null",
    "true",
    "no",
    ".inf",
    "-.nan",
    "0x1F",
    "0o17",
    "1e309",
    "-0",
    "0",
    "-1",
    "1_000",
    "00",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "99999999999999999999999999999999999999",
    "999999999999999999999999999999999999999999",
    "0.1e-400",
    "1e400",
    "12345678901234567890.123456789012345678901234567890",
    "0000-00-00",
    "9999-12-31",
    "0001-01-01",
    "2026-02-30",
    "10000-01-01",
    "2026-01-31T09:00:60Z",
    "--",
    "/*",
    ";",
    "../..",
    "/etc/passwd",
    "\\",
    "%s%n",
    "$(id)",
];

/// One input.
pub(super) fn input(d: &mut Dice, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    match d.below(20) {
        0 => noise(d),
        1 => soup(d, words),
        _ => {
            let mut input = d.choose(seeds).clone();
            if d.percent(30)
                && let Some(changed) = branches(d, &input, seeds)
            {
                input = changed;
            }
            let power = 1 + d.below(4);
            for _ in 0..d.below(1 << power) {
                edit(d, &mut input, seeds, words);
            }
            input.truncate(200_000);
            input
        }
    }
}

fn noise(d: &mut Dice) -> Vec<u8> {
    let most = *d.choose(&[4, 40, 400]);
    (0..d.below(most)).map(|_| d.below(256) as u8).collect()
}

fn soup(d: &mut Dice, words: &[&str]) -> Vec<u8> {
    let most = *d.choose(&[3, 30, 300]);
    let mut out = String::new();
    for _ in 0..d.below(most) {
        out.push_str(word(d, words));
        out.push_str(d.pick(&["", " ", " ", "\n", "\n  "]));
    }
    out.into_bytes()
}

fn word<'a>(d: &mut Dice, words: &[&'a str]) -> &'a str {
    if words.is_empty() || d.percent(30) {
        d.pick(HOSTILE)
    } else {
        d.pick(words)
    }
}

fn edit(d: &mut Dice, input: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    let at = d.below(input.len() + 1);
    match d.below(12) {
        0 => {
            let end = (at + length(d)).min(input.len());
            input.drain(at..end);
        }
        1 => {
            let line = piece(d, input, |b| b == b'\n');
            input.drain(line);
        }
        2 => {
            let line = piece(d, input, |b| b == b'\n');
            let line = input[line].to_vec();
            input.splice(at..at, line);
        }
        3 => {
            let other = d.choose(seeds);
            let start = d.below(other.len() + 1);
            let end = (start + length(d)).min(other.len());
            let part = other[start..end].to_vec();
            input.splice(at..at, part);
        }
        4 => {
            let word = word(d, words).bytes().collect::<Vec<u8>>();
            input.splice(at..at, word);
        }
        5 | 6 => {
            let token = piece(d, input, is_between);
            let word = word(d, words).bytes().collect::<Vec<u8>>();
            input.splice(token, word);
        }
        7 | 8 => {
            let other = if d.percent(50) {
                input.clone()
            } else {
                d.choose(seeds).clone()
            };
            let from = piece(d, &other, is_between);
            let token = piece(d, input, is_between);
            let from = other[from].to_vec();
            input.splice(token, from);
        }
        9 if at < input.len() => input[at] = d.below(256) as u8,
        9 => input.push(d.below(256) as u8),
        10 => {
            let digits = piece(d, input, |b| !b.is_ascii_digit());
            if !digits.is_empty() {
                let word = d.pick(HOSTILE).bytes().collect::<Vec<u8>>();
                input.splice(digits, word);
            }
        }
        _ => {
            // Many times the same: nesting, long lines, long lists.
            let token = if d.percent(50) {
                word(d, words).as_bytes().to_vec()
            } else {
                let token = piece(d, input, is_between);
                input[token].to_vec()
            };
            let times = *d.choose(&[2, 3, 33, 300, 5_000]);
            let times = times.min(50_000 / token.len().max(1));
            input.splice(at..at, token.repeat(times));
        }
    }
}

/// Mostly short.
fn length(d: &mut Dice) -> usize {
    let power = d.below(10);
    d.below(1 << power)
}

fn is_between(byte: u8) -> bool {
    !(byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
}

/// The stretch around a random place that ends at such bytes; one of these alone, if it is hit.
fn piece(d: &mut Dice, input: &[u8], ends: impl Fn(u8) -> bool) -> std::ops::Range<usize> {
    if input.is_empty() {
        return 0..0;
    }
    let at = d.below(input.len());
    let start = input[..at]
        .iter()
        .rposition(|b| ends(*b))
        .map_or(0, |i| i + 1);
    let end = input[at..]
        .iter()
        .position(|b| ends(*b))
        .map_or(input.len(), |i| at + i);
    start..end.max((at + 1).min(input.len()))
}

/// The same as a tree with some branches taken from other trees, or from elsewhere in it.
fn branches(d: &mut Dice, input: &[u8], seeds: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut tree = seeds::read(input)?;
    let other = seeds::read(d.choose::<Vec<u8>>(seeds))?;
    for _ in 0..1 + d.below(3) {
        let from = if d.percent(50) { &other } else { &tree };
        let count = size(from);
        let branch = nth(from, &mut d.below(count)).cloned();
        let count = size(&tree);
        let mut at = d.below(count);
        if let (Some(branch), Some(place)) = (branch, nth_mut(&mut tree, &mut at)) {
            match (place, d.below(4)) {
                (Json::Array(items), 0) => items.push(branch),
                (Json::Array(items), 1) if !items.is_empty() => {
                    let gone = d.below(items.len());
                    items.remove(gone);
                }
                (Json::Object(map), 0 | 1) if !map.is_empty() => {
                    let n = d.below(map.len());
                    if let Some(key) = map.keys().nth(n).cloned() {
                        map.shift_remove(&key);
                    }
                }
                (Json::Object(map), 2) => {
                    if let Json::Object(more) = branch {
                        map.extend(more);
                    }
                }
                (place, _) => *place = branch,
            }
        }
    }
    let text = seeds::write(&tree);
    (text.len() < 100_000).then_some(text)
}

fn size(tree: &Json) -> usize {
    1 + match tree {
        Json::Array(items) => items.iter().map(size).sum(),
        Json::Object(map) => map.values().map(size).sum(),
        _ => 0,
    }
}

fn nth<'a>(tree: &'a Json, n: &mut usize) -> Option<&'a Json> {
    if *n == 0 {
        return Some(tree);
    }
    *n -= 1;
    match tree {
        Json::Array(items) => items.iter().find_map(|item| nth(item, n)),
        Json::Object(map) => map.values().find_map(|item| nth(item, n)),
        _ => None,
    }
}

fn nth_mut<'a>(tree: &'a mut Json, n: &mut usize) -> Option<&'a mut Json> {
    if *n == 0 {
        return Some(tree);
    }
    *n -= 1;
    match tree {
        Json::Array(items) => items.iter_mut().find_map(|item| nth_mut(item, n)),
        Json::Object(map) => map.values_mut().find_map(|item| nth_mut(item, n)),
        _ => None,
    }
}
