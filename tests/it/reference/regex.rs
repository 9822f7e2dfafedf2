//! Patterns, by trying every way to match: those parts of RE2 that the generator and the table of functions write.

/// What a pattern is made of.
#[derive(Clone, Debug)]
enum Part {
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Start,
    End,
    /// The number of a group that is remembered.
    Group(Option<usize>, Vec<Vec<Self>>),
    Repeat {
        of: Box<Self>,
        least: usize,
        most: usize,
        lazy: bool,
    },
}

/// A pattern, read.
pub(super) struct Pattern {
    branches: Vec<Vec<Part>>,
    any_case: bool,
    groups: usize,
}

/// Where each group lies; the first is the whole match.
type Found = Vec<Option<(usize, usize)>>;

impl Pattern {
    pub(super) fn read(pattern: &str) -> Self {
        let any_case = pattern.starts_with("(?i)");
        let rest = match pattern.strip_prefix("(?i)") {
            Some(rest) => rest.to_ascii_lowercase(),
            None => pattern.to_owned(),
        };
        let mut reader = Reader {
            chars: rest.chars().collect(),
            at: 0,
            groups: 0,
        };
        let branches = reader.branches();
        assert_eq!(
            reader.at,
            reader.chars.len(),
            "{pattern} is read to its end"
        );
        Self {
            branches,
            any_case,
            groups: reader.groups,
        }
    }

    /// The text of a group (0 is the whole) in the first match: None if nothing matches, empty if the group is no part of it.
    pub(super) fn find(&self, text: &str, group: usize) -> Option<String> {
        let fold = |c: char| {
            if self.any_case {
                c.to_ascii_lowercase()
            } else {
                c
            }
        };
        let original: Vec<char> = text.chars().collect();
        let chars: Vec<char> = original.iter().copied().map(fold).collect();
        (0..=chars.len()).find_map(|start| {
            let found: Found = vec![None; self.groups + 1];
            let mut whole = None;
            any_branch(
                &self.branches,
                &chars,
                start,
                found,
                &mut |end, mut found| {
                    found[0] = Some((start, end));
                    whole = Some(found);
                    true
                },
            );
            let found = whole?;
            let (from, to) = found[group].unwrap_or((0, 0));
            Some(original[from..to].iter().collect())
        })
    }
}

/// What is left to do at a place; whether it could be done.
type Then<'t> = dyn FnMut(usize, Found) -> bool + 't;

fn any_branch(
    branches: &[Vec<Part>],
    text: &[char],
    at: usize,
    found: Found,
    then: &mut Then<'_>,
) -> bool {
    branches
        .iter()
        .any(|parts| all(parts, text, at, found.clone(), then))
}

fn all(parts: &[Part], text: &[char], at: usize, found: Found, then: &mut Then<'_>) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return then(at, found);
    };
    one(part, text, at, found, &mut |at, found| {
        all(rest, text, at, found, then)
    })
}

fn one(part: &Part, text: &[char], at: usize, found: Found, then: &mut Then<'_>) -> bool {
    match part {
        Part::Start => at == 0 && then(at, found),
        Part::End => at == text.len() && then(at, found),
        Part::Set { negated, ranges } => {
            let fits = |c: &char| ranges.iter().any(|(a, b)| a <= c && c <= b) != *negated;
            text.get(at).is_some_and(fits) && then(at + 1, found)
        }
        Part::Group(number, branches) => {
            any_branch(branches, text, at, found, &mut |end, mut found| {
                if let Some(number) = number {
                    found[*number] = Some((at, end));
                }
                then(end, found)
            })
        }
        Part::Repeat {
            of,
            least,
            most,
            lazy,
        } => {
            let enough = *least == 0;
            if *lazy && enough && then(at, found.clone()) {
                return true;
            }
            if *most > 0 {
                let rest = Part::Repeat {
                    of: of.clone(),
                    least: least.saturating_sub(1),
                    most: most.saturating_sub(1),
                    lazy: *lazy,
                };
                // A repetition of nothing leads nowhere.
                let more = one(of, text, at, found.clone(), &mut |end, found| {
                    end > at && one(&rest, text, end, found, then)
                });
                if more {
                    return true;
                }
            }
            !*lazy && enough && then(at, found)
        }
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    groups: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, text: &str) -> bool {
        let there = self.chars[self.at..]
            .iter()
            .copied()
            .take(text.len())
            .eq(text.chars());
        self.at += if there { text.len() } else { 0 };
        there
    }

    fn branches(&mut self) -> Vec<Vec<Part>> {
        let mut branches = vec![Vec::new()];
        while let Some(c) = self.peek() {
            match c {
                ')' => break,
                '|' => {
                    self.at += 1;
                    branches.push(Vec::new());
                }
                _ => {
                    let part = self.part();
                    let part = self.repeated(part);
                    branches.last_mut().unwrap().push(part);
                }
            }
        }
        branches
    }

    fn part(&mut self) -> Part {
        let c = self.peek().unwrap();
        self.at += 1;
        let set = |negated: bool, ranges: &[(char, char)]| Part::Set {
            negated,
            ranges: ranges.to_vec(),
        };
        match c {
            '^' => Part::Start,
            '$' => Part::End,
            '.' => set(true, &[('\n', '\n')]),
            '(' => {
                let number = if self.eat("?:") {
                    None
                } else {
                    self.groups += 1;
                    Some(self.groups)
                };
                let branches = self.branches();
                assert!(self.eat(")"));
                Part::Group(number, branches)
            }
            '[' => {
                let negated = self.eat("^");
                let mut ranges = Vec::new();
                while !self.eat("]") {
                    let from = self.peek().unwrap();
                    self.at += 1;
                    // At the end it is a sign like any other.
                    let last = self.chars.get(self.at + 1) == Some(&']');
                    let to = if !last && self.eat("-") {
                        self.at += 1;
                        self.chars[self.at - 1]
                    } else {
                        from
                    };
                    ranges.push((from, to));
                }
                set(negated, &ranges)
            }
            '\\' => {
                self.at += 1;
                match self.chars[self.at - 1] {
                    'd' => set(false, &[('0', '9')]),
                    'w' => set(false, &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
                    's' => set(false, &[(' ', ' '), ('\t', '\n'), ('\u{c}', '\r')]),
                    't' => set(false, &[('\t', '\t')]),
                    sign => set(false, &[(sign, sign)]),
                }
            }
            c => set(false, &[(c, c)]),
        }
    }

    fn repeated(&mut self, of: Part) -> Part {
        let (least, most) = if self.eat("*") {
            (0, usize::MAX)
        } else if self.eat("+") {
            (1, usize::MAX)
        } else if self.eat("?") {
            (0, 1)
        } else if self.eat("{") {
            let end = self.chars[self.at..]
                .iter()
                .position(|c| *c == '}')
                .unwrap();
            let inner: String = self.chars[self.at..self.at + end].iter().collect();
            self.at += end + 1;
            let (low, high) = inner.split_once(',').unwrap_or((&inner, &inner));
            (low.parse().unwrap(), high.parse().unwrap_or(usize::MAX))
        } else {
            return of;
        };
        Part::Repeat {
            of: Box::new(of),
            least,
            most,
            lazy: self.eat("?"),
        }
    }
}

#[test]
fn the_first_way_to_match_is_taken() {
    let find = |pattern: &str, text: &str, group| Pattern::read(pattern).find(text, group);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(find("b+", "abbc", 0), some("bb"));
    assert_eq!(find("b+?", "abbc", 0), some("b"));
    assert_eq!(find("x*", "abc", 0), some(""));
    assert_eq!(find("^b", "abc", 0), None);
    assert_eq!(find("c$", "abc", 0), some("c"));
    assert_eq!(find("a|ab", "ab", 0), some("a"));
    assert_eq!(find("(a|ab)(c|bcd)", "abcd", 2), some("bcd"));
    assert_eq!(
        find("(\\w+)@(\\w+)[.]com", "to a_1@shop.com", 2),
        some("shop")
    );
    assert_eq!(find("(a)|(b)", "b", 1), some(""));
    assert_eq!(find("[^a-c]{2,3}", "abxyzw", 0), some("xyz"));
    assert_eq!(find("(?i)ABC", "xAbC", 0), some("AbC"));
    assert_eq!(find("(?:ab)+", "ababa", 0), some("abab"));
    assert_eq!(find("\\d{2}\\.\\s", "1.12. ", 0), some("12. "));
}
