//! Is this text one statement? DuckDB's client runs every statement of a text but the last while it merely prepares
//! it, so the question is asked before any text reaches it. In doubt the answer is no.

/// Whether `sql` is at most one statement; a semicolon may end it.
#[must_use]
pub(super) fn is_single(sql: &str) -> bool {
    let mut rest = sql.chars().peekable();
    let mut ended = false;
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '-' if next == Some('-') => {
                while rest.next().is_some_and(|c| c != '\n' && c != '\r') {}
                continue;
            }
            '/' if next == Some('*') => {
                rest.next();
                if !skip_comment(&mut rest) {
                    return false;
                }
                continue;
            }
            c if c.is_whitespace() => {}
            ';' => ended = true,
            _ if ended => return false,
            '\'' if !skip_quoted(&mut rest, '\'', matches!(before, 'e' | 'E')) => return false,
            '"' if !skip_quoted(&mut rest, '"', false) => return false,
            // $$ … $$ and $tag$ … $tag$: nothing that segc writes has any.
            '$' if next.is_some_and(|n| n == '$' || n == '_' || n.is_alphabetic()) => return false,
            _ => {}
        }
        before = c;
    }
    true
}

/// Skips to the end of a block comment; false where there is none, or another comment opens inside (dialects differ on
/// whether that nests).
fn skip_comment(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    while let Some(c) = rest.next() {
        match (c, rest.peek()) {
            ('*', Some('/')) => {
                rest.next();
                return true;
            }
            ('/', Some('*')) => return false,
            _ => {}
        }
    }
    false
}

/// Skips to the end of a quoted text; a doubled quote stays inside.
fn skip_quoted(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    quote: char,
    escapes: bool,
) -> bool {
    while let Some(c) = rest.next() {
        if escapes && c == '\\' {
            rest.next();
        } else if c == quote {
            if rest.peek() == Some(&quote) {
                rest.next();
            } else {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::is_single;

    #[test]
    fn one_statement_may_hold_semicolons_in_quotes_and_comments() {
        for sql in [
            "SELECT 1",
            "SELECT 1;",
            "SELECT 1; -- done\n /* really; */ ",
            "SELECT ';', \"a;b\", 'it''s;' -- ; \n FROM t",
            "/* ; */ SELECT 1",
            "SELECT E'\\';' AS x",
            "SELECT $1",
        ] {
            assert!(is_single(sql), "{sql}");
        }
    }

    #[test]
    fn two_statements_are_seen_and_doubt_is_no() {
        for sql in [
            "SELECT 1; DROP TABLE t",
            ";SELECT 1",
            "SELECT 1;; DROP TABLE t; SELECT 1",
            "SELECT '\\'; DROP TABLE t; --'",
            "SELECT 'open",
            "SELECT /* open",
            "SELECT /* /* */ ; DROP TABLE t /* */ */",
            "SELECT $$ ; $$",
        ] {
            assert!(!is_single(sql), "{sql}");
        }
    }
}
