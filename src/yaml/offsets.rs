//! Where the decoded text of a scalar stands in its file: quotes, escapes, line folding and indentation undone.

/// Walks decoded and written text side by side. The result pairs an offset in `decoded` with one in the file wherever
/// the two stop running in step; its first entry is for offset 0. `start` is where `written` begins in the file.
///
/// Only white space may be left out of, or put into, the decoded text (and what escapes write otherwise), so everything
/// else is matched exactly; a space that stands for a line break has the place of that break.
pub(super) fn align(
    decoded: &str,
    written: &str,
    start: usize,
    quote: Option<char>,
) -> Vec<(u32, u32)> {
    let mut map: Vec<(u32, u32)> = Vec::new();
    let mut step: Option<usize> = None;
    let mut at = match quote {
        Some(q) if written.starts_with(q) => q.len_utf8(),
        Some(_) | None => 0,
    };
    let rest = |at: usize| written.get(at..).unwrap_or("");
    for (offset, c) in decoded.char_indices() {
        if quote == Some('"') {
            at += continuation(rest(at));
        }
        let escaped = quote == Some('"') && rest(at).starts_with('\\');
        if !escaped && !c.is_whitespace() {
            at += white(rest(at));
            if quote == Some('"') {
                at += continuation(rest(at));
            }
        }
        // `start + at - offset` never falls below zero where it matters: only escapes make text shorter than written.
        let delta = (start + at).wrapping_sub(offset);
        if step != Some(delta) {
            step = Some(delta);
            map.push((small(offset), small(start + at)));
        }
        at += advance(rest(at), c, quote);
    }
    // The end, so that the last character has one.
    if map.is_empty() || step != Some((start + at).wrapping_sub(decoded.len())) {
        map.push((small(decoded.len()), small(start + at)));
    }
    map
}

/// Where offset `offset` of the decoded text stands in the file.
pub(super) fn locate(map: &[(u32, u32)], start: u32, offset: usize) -> u32 {
    let offset = small(offset);
    let after = map.partition_point(|(text, _)| *text <= offset);
    match after.checked_sub(1).and_then(|i| map.get(i)) {
        Some((text, file)) => file.saturating_add(offset - text),
        None => start.saturating_add(offset),
    }
}

/// How many bytes of `rest` wrote the character `c`.
fn advance(rest: &str, c: char, quote: Option<char>) -> usize {
    let Some(next) = rest.chars().next() else {
        return 0;
    };
    match quote {
        Some('"') if next == '\\' => escape(rest),
        Some('\'') if c == '\'' && rest.starts_with("''") => 2,
        Some(_) | None if c.is_whitespace() => {
            if rest.starts_with("\r\n") {
                2
            } else if next == c || next == '\n' || next == '\r' {
                next.len_utf8()
            } else {
                0
            }
        }
        Some(_) | None => next.len_utf8(),
    }
}

/// White space at the start of `rest`, in bytes.
fn white(rest: &str) -> usize {
    rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len()
}

/// A backslash before a line break joins the lines: it, the break and the indentation write nothing.
fn continuation(rest: &str) -> usize {
    match rest.strip_prefix('\\') {
        Some(after) if after.starts_with(['\n', '\r']) => 1 + white(after),
        Some(_) | None => 0,
    }
}

/// The length of the escape at the start of `rest`; a surrogate pair is one.
fn escape(rest: &str) -> usize {
    let one = |rest: &str| match rest.chars().nth(1) {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(c) => 1 + c.len_utf8(),
        None => 1,
    };
    let length = one(rest);
    let high = rest
        .get(2..6)
        .and_then(|hex| u32::from_str_radix(hex, 16).ok())
        .is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
    if rest.starts_with("\\u") && high && rest.get(length..).is_some_and(|r| r.starts_with("\\u")) {
        length + 6
    } else {
        length
    }
}

fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
