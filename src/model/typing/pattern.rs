//! Patterns of `regexp_matches` and `regexp_extract`: is it one that RE2 takes? Engines say so only once they run, and some of them
//! mean something else by what RE2 does not have.

/// What is wrong with a pattern, and what to do.
pub(super) struct Wrong {
    pub(super) what: String,
    pub(super) hint: &'static str,
}

fn wrong(what: impl Into<String>, hint: &'static str) -> Wrong {
    Wrong {
        what: what.into(),
        hint,
    }
}

/// RE2 refuses more repetitions than this.
const MAX_REPEAT: u32 = 1000;

/// Checks a pattern; how many groups it captures.
pub(super) fn check(pattern: &str) -> Result<usize, Wrong> {
    let mut scan = Scan {
        chars: pattern.chars().collect(),
        at: 0,
        groups: 0,
        open: Vec::new(),
        repeatable: false,
        repeated: false,
    };
    while let Some(c) = scan.next() {
        scan.step(c)?;
    }
    if !scan.open.is_empty() {
        return Err(wrong(
            "a `(` is not closed",
            "close it, or write `\\(` for the sign itself",
        ));
    }
    Ok(scan.groups)
}

struct Scan {
    chars: Vec<char>,
    at: usize,
    groups: usize,
    open: Vec<usize>,
    /// Whether something stands before that may be repeated.
    repeatable: bool,
    /// Whether what stands before is a repetition already.
    repeated: bool,
}

impl Scan {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.get(self.at).copied();
        self.at += usize::from(c.is_some());
        c
    }

    fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.at += text.chars().count();
        }
        there
    }

    fn rest(&self) -> String {
        self.chars.iter().skip(self.at).collect()
    }

    fn atom(&mut self) {
        self.repeatable = true;
        self.repeated = false;
    }

    fn step(&mut self, c: char) -> Result<(), Wrong> {
        match c {
            '(' => self.group(),
            ')' => {
                self.open.pop().map(|_| ()).ok_or_else(|| {
                    wrong(
                        "a `)` closes nothing",
                        "remove it, or write `\\)` for the sign itself",
                    )
                })?;
                self.atom();
                Ok(())
            }
            '[' => self.class(),
            '\\' => self.escape(),
            '*' | '+' | '?' => self.repeat(c),
            '{' => self.counted(),
            '|' | '^' => {
                self.repeatable = c == '^';
                self.repeated = false;
                Ok(())
            }
            _ => {
                self.atom();
                Ok(())
            }
        }
    }

    fn group(&mut self) -> Result<(), Wrong> {
        const AROUND: &str =
            "RE2 looks neither ahead nor behind: use two conditions, one with `not`";
        let words = self.rest();
        for look in ["?=", "?!", "?<=", "?<!"] {
            if words.starts_with(look) {
                return Err(wrong(format!("`({look}` looks around"), AROUND));
            }
        }
        for atomic in ["?>", "?|", "?(", "?#", "?&", "?R"] {
            if words.starts_with(atomic) {
                return Err(wrong(
                    format!("RE2 has no `({atomic}`"),
                    "write the pattern without it",
                ));
            }
        }
        if self.eat("?P<") || self.eat("?<") {
            self.groups += 1;
        } else if self.eat("?") {
            while let Some(flag) = self.next() {
                match flag {
                    'i' | 'm' | 's' | 'U' | '-' => {}
                    ':' => break,
                    // Flags for all that follows: no group is open.
                    ')' => return Ok(()),
                    other => {
                        return Err(wrong(
                            format!("RE2 has no flag `{other}`"),
                            "flags are i, m, s and U: `(?i)`",
                        ));
                    }
                }
            }
        } else {
            self.groups += 1;
        }
        self.open.push(self.at);
        self.repeatable = false;
        self.repeated = false;
        Ok(())
    }

    fn class(&mut self) -> Result<(), Wrong> {
        self.eat("^");
        let mut first = true;
        let mut before: Option<char> = None;
        while let Some(c) = self.next() {
            match c {
                ']' if !first => {
                    self.atom();
                    return Ok(());
                }
                '[' if self.rest().starts_with(':') => {
                    while self.next().is_some_and(|c| c != ']') {}
                    before = None;
                }
                '\\' => {
                    before = self.next().filter(|c| !c.is_ascii_alphanumeric());
                }
                '-' if before.is_some() && !self.rest().starts_with(']') => {
                    let end = self.chars.get(self.at).copied();
                    if let (Some(from), Some(to)) = (before, end)
                        && to != '\\'
                        && to < from
                    {
                        return Err(wrong(
                            format!("the range `{from}-{to}` runs backwards"),
                            "write the smaller character first",
                        ));
                    }
                    before = None;
                }
                other => before = Some(other),
            }
            first = false;
        }
        Err(wrong(
            "a `[` is not closed",
            "close it, or write `\\[` for the sign itself",
        ))
    }

    fn escape(&mut self) -> Result<(), Wrong> {
        let Some(c) = self.next() else {
            return Err(wrong("it ends in `\\`", "write `\\\\` for the sign itself"));
        };
        match c {
            '1'..='9' => Err(wrong(
                format!("`\\{c}` refers back to a group"),
                "RE2 has no back-references: compare two `regexp_extract`",
            )),
            'Q' => {
                let end = self.rest().find("\\E");
                let length = end.map_or(self.chars.len(), |e| {
                    self.rest().get(..e).map_or(0, |t| t.chars().count()) + 2
                });
                self.at = (self.at + length).min(self.chars.len());
                self.atom();
                Ok(())
            }
            'A' | 'b' | 'B' | 'z' | 'a' | 'f' | 't' | 'n' | 'r' | 'v' | 'd' | 'D' | 's' | 'S'
            | 'w' | 'W' | 'C' | '0' | 'x' | 'p' | 'P' => {
                if matches!(c, 'x' | 'p' | 'P') && self.eat("{") {
                    while self.next().is_some_and(|c| c != '}') {}
                }
                self.atom();
                Ok(())
            }
            c if c.is_ascii_alphanumeric() => Err(wrong(
                format!("RE2 has no `\\{c}`"),
                "RE2's are \\d \\D \\s \\S \\w \\W \\b \\B \\A \\z, \\pN and signs",
            )),
            _ => {
                self.atom();
                Ok(())
            }
        }
    }

    fn repeat(&mut self, sign: char) -> Result<(), Wrong> {
        if self.repeated {
            if sign == '?' && self.repeatable {
                // As few as possible.
                self.repeatable = false;
                return Ok(());
            }
            return Err(wrong(
                format!("`{sign}` repeats a repetition"),
                "RE2 has no possessive repetition: put the inner one into a group `(?:…)`",
            ));
        }
        if !self.repeatable {
            return Err(wrong(
                format!("there is nothing before `{sign}` to repeat"),
                "write a backslash before it for the sign itself",
            ));
        }
        self.repeated = true;
        Ok(())
    }

    /// `{2}`, `{2,}`, `{2,5}`; any other brace is a character.
    fn counted(&mut self) -> Result<(), Wrong> {
        let rest = self.rest();
        let Some((inner, _)) = rest.split_once('}') else {
            self.atom();
            return Ok(());
        };
        let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !number(low) || !(high.is_empty() || number(high)) {
            self.atom();
            return Ok(());
        }
        self.at += inner.chars().count() + 1;
        let count = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let most = if high.is_empty() {
            count(low)
        } else {
            count(high)
        };
        if count(low) > MAX_REPEAT || most > MAX_REPEAT || most < count(low) {
            return Err(wrong(
                format!("`{{{inner}}}` is no number of repetitions"),
                "the smaller first, at most 1000",
            ));
        }
        self.repeat('{')
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_re2_takes_and_what_it_refuses() {
        for (good, groups) in [
            ("", 0),
            ("^a.*b$", 0),
            ("(a)(?:b)(?P<c>c)(?<d>d)", 3),
            ("(?i)abc", 0),
            ("(?i:a)+?", 0),
            ("[]a-z^\\]-]{2,5}", 0),
            ("[[:alpha:]_-]+", 0),
            ("\\d{3}\\.\\(\\pL\\p{Greek}\\x{10FFFF}", 0),
            ("\\Q(?=\\E+", 0),
            ("a{,5}x{y}", 0),
            ("(a|b|)*", 1),
            ("é+", 0),
            ("^*", 0),
        ] {
            assert_eq!(check(good).ok(), Some(groups), "{good}");
        }
        for bad in [
            "(?=a)", "(?!a)", "(?<=a)", "(?<!a)b", "(?>a)", "(a)\\1", "a++", "a*+", "a**", "(a",
            "a)", "[a", "[z-a]", "*a", "a|*", "(+)", "\\", "\\Z", "\\k<a>", "(?x)a", "a{1001}",
            "a{5,2}", "a{2}{3}",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
