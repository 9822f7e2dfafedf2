//! What a terminal, a CI log or a page may be shown of a text that somebody else wrote: nothing in it steers what shows it.
//! The renderers and the street ask here, and nobody else decides what is harmless.

use std::fmt::Write as _;

/// The longest message, label, note or hint that is shown, in characters.
const LONGEST_TEXT: usize = 2000;

/// Control and direction-changing characters as `\u{…}`, so that nothing in a file or name can steer a terminal; a start that
/// CI systems take for a command of theirs (`::error::`, `##[group]`) as well.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let command = text.trim_start();
    let command = command.starts_with("::") || command.starts_with("##[");
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST_TEXT {
            out.push('…');
            break;
        }
        if command && out.trim_start().is_empty() && !c.is_whitespace() {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            escape_char(c, &mut out);
        }
    }
    out
}

/// As [`escape`], line by line.
#[must_use]
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// A page of text of any length with colours of our own: everything else in it that could steer a terminal is escaped.
#[must_use]
pub fn page(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
        }
        let start = line.trim_start();
        if start.starts_with("::") || start.starts_with("##[") {
            out.push('|');
        }
        let mut rest = line;
        while let Some(c) = rest.chars().next() {
            let own = colour(rest);
            if own > 0 {
                out.push_str(rest.get(..own).unwrap_or(""));
                rest = rest.get(own..).unwrap_or("");
                continue;
            }
            escape_char(c, &mut out);
            rest = rest.get(c.len_utf8()..).unwrap_or("");
        }
    }
    out
}

/// The length of a sequence at the start that sets a colour, bold or faint, and nothing else.
fn colour(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let Some((numbers, _)) = rest.split_once('m') else {
        return 0;
    };
    let is_own = numbers.split(';').all(|n| {
        matches!(
            n.parse::<u8>(),
            Ok(0 | 1 | 2 | 4 | 22 | 24 | 30..=37 | 39 | 90..=97)
        )
    });
    if is_own { numbers.len() + 3 } else { 0 }
}

/// One character, escaped where it must be.
pub(super) fn escape_char(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if steers(c) => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
        c => out.push(c),
    }
}

/// Whether a character does something beside being seen.
#[must_use]
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{e000}'..='\u{f8ff}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_our_colours_and_nothing_else_that_steers() {
        assert_eq!(
            page(
                "\u{1b}[1ma\u{1b}[0m \u{1b}[2J\u{1b}[8mb\u{1b}]0;x\u{7}\r\u{202e}c\n ::error::d\n"
            ),
            "\u{1b}[1ma\u{1b}[0m \\u{1b}[2J\\u{1b}[8mb\\u{1b}]0;x\\u{7}\\r\\u{202e}c\n| ::error::d\n"
        );
    }

    #[test]
    fn a_command_of_ci_is_none() {
        assert_eq!(
            escape_lines("a ::b\n  ::error::c\n##[group]d"),
            "a ::b\n  \\u{3a}:error::c\n\\u{23}#[group]d"
        );
    }
}
