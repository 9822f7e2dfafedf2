//! Groups of regular expressions, for warehouses that extract the first group and no other.

/// The pattern with one capturing group at most, the `wanted`th (0: none).
pub(super) fn only_group(pattern: &str, wanted: usize) -> String {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    let (mut class, mut seen) = (false, 0);
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '\\' => out.extend(chars.next()),
            '[' if !class => {
                class = true;
                // `]` first in a class is a plain character.
                if let Some('^') = chars.peek() {
                    out.extend(chars.next());
                }
                if let Some(']') = chars.peek() {
                    out.extend(chars.next());
                }
            }
            ']' => class = false,
            '(' if !class => {
                let mut ahead = chars.clone();
                let named = ahead.next() == Some('?')
                    && match ahead.next() {
                        Some('P') => ahead.next() == Some('<'),
                        Some('<') => true,
                        _ => false,
                    };
                if chars.peek() != Some(&'?') || named {
                    seen += 1;
                    if seen != wanted {
                        if named {
                            while chars.next().is_some_and(|c| c != '>') {}
                        }
                        out.push_str("?:");
                    }
                }
            }
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::only_group;

    #[test]
    fn one_group_is_left() {
        let cases = [
            ("a(b)(c)", 0, "a(?:b)(?:c)"),
            ("a(b)(c)", 2, "a(?:b)(c)"),
            ("(?P<x>a)(?i:b)(c)", 2, "(?:a)(?i:b)(c)"),
            ("(?P<x>a)(c)", 1, "(?P<x>a)(?:c)"),
            (r"\((a)[(]([])(])", 1, r"\((a)[(](?:[])(])"),
        ];
        for (pattern, group, expected) in cases {
            assert_eq!(only_group(pattern, group), expected, "{pattern} {group}");
        }
    }
}
