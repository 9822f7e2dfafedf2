//! `{{ var('x') }}` in a string: where the calls stand. What they mean is the reader's.
//!
//! This is all there is of templates: no statements, no filters, no macros.

use std::ops::Range;

/// A stretch of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Call(Call),
    /// `{{ country }}`: a parameter of `for_each`.
    Param {
        name: String,
        range: Range<usize>,
    },
}

/// `{{ name('argument', 'default') }}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub name: String,
    pub argument: String,
    pub default: Option<String>,
    /// The bytes from `{{` to `}}`.
    pub range: Range<usize>,
}

/// What is wrong inside a string, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub range: Range<usize>,
    pub message: String,
    pub help: String,
}

/// Whether there is anything to do at all.
#[must_use]
pub fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Cuts a string into text, calls of `function` (the only one allowed here), and names that are parameters.
///
/// # Errors
/// Every stretch that is no such call.
pub fn pieces(
    text: &str,
    function: &str,
    is_param: &dyn Fn(&str) -> bool,
) -> Result<Vec<Piece>, Vec<Problem>> {
    let mut pieces = Vec::new();
    let mut problems = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(found) = first_mark(rest)
    {
        let start = at + found;
        if found > 0 {
            pieces.push(Piece::Text(rest.get(..found).unwrap_or("").to_owned()));
        }
        let statement = text.get(start..).is_some_and(|t| t.starts_with("{%"));
        let close = if statement { "%}" } else { "}}" };
        let inner_start = start + 2;
        let Some(length) = text.get(inner_start..).and_then(|t| t.find(close)) else {
            problems.push(Problem {
                range: start..inner_start,
                message: format!("`{}` is not closed", if statement { "{%" } else { "{{" }),
                help: format!("close it with `{close}`"),
            });
            break;
        };
        let inner = text.get(inner_start..inner_start + length).unwrap_or("");
        at = inner_start + length + 2;
        let range = start..at;
        if statement {
            problems.push(Problem {
                range,
                message: "statements are not read".to_owned(),
                help: format!("write the text out; only `{{{{ {function}('name') }}}}` is put in"),
            });
            continue;
        }
        if is_param(inner.trim()) {
            pieces.push(Piece::Param {
                name: inner.trim().to_owned(),
                range,
            });
            continue;
        }
        match call(inner, range.clone()) {
            Some(call) if call.name == function => pieces.push(Piece::Call(call)),
            Some(_) | None => problems.push(Problem {
                range,
                message: format!("`{}` cannot be put in here", inner.trim()),
                help: help(inner.trim(), function),
            }),
        }
    }
    if let Some(rest) = text.get(at..)
        && !rest.is_empty()
    {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    if problems.is_empty() {
        Ok(pieces)
    } else {
        Err(problems)
    }
}

fn first_mark(text: &str) -> Option<usize> {
    match (text.find("{{"), text.find("{%")) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn help(inner: &str, function: &str) -> String {
    let called = inner.split('(').next().unwrap_or("").trim();
    match called {
        "ref" | "source" | "file" => {
            // A comma inside of `{ }` ends a value.
            let quote = if inner.contains(',') { "\"" } else { "" };
            let table = format!("`table: {quote}{inner}{quote}`");
            match called {
                "file" => format!("without braces, and as a whole table: {table}"),
                _ => format!(
                    "without braces, and as a whole table: {table}; inside of SQL, write the table's own name, `schema.table`"
                ),
            }
        }
        "env_var" => "`env_var()` is read in segc.yml only: name a var there".to_owned(),
        "var" => {
            "`var()` takes one name in quotes; it is read in specs, not in segc.yml".to_owned()
        }
        word if word == inner && function == "var" && is_word(word) => format!(
            "`{word}` is no parameter of a `for_each` here; a variable of segc.yml is `{{{{ var('{word}') }}}}`"
        ),
        _ => format!("only `{{{{ {function}('name') }}}}` is read here"),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `name('argument')` or `name('argument', 'default')`, in either kind of quotes.
fn call(inner: &str, range: Range<usize>) -> Option<Call> {
    let (name, rest) = inner.trim().split_once('(')?;
    let (argument, rest) = quoted(rest.trim_start())?;
    let rest = rest.trim_start();
    let (default, rest) = match rest.strip_prefix(',') {
        Some(rest) => {
            let (default, rest) = quoted(rest.trim_start())?;
            (Some(default), rest.trim_start())
        }
        None => (None, rest),
    };
    (rest == ")").then(|| Call {
        name: name.trim().to_owned(),
        argument,
        default,
        range,
    })
}

fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let (value, rest) = text.get(1..)?.split_once(quote)?;
    Some((value.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_calls_alternate() {
        let found =
            pieces("a {{ var('x') }}{{var(\"y\")}} b", "var", &|_| false).expect("well-formed");
        let names: Vec<_> = found
            .iter()
            .map(|p| match p {
                Piece::Text(t) => t.as_str(),
                Piece::Call(c) => c.argument.as_str(),
                Piece::Param { name, .. } => name.as_str(),
            })
            .collect();
        assert_eq!(names, ["a ", "x", "y", " b"]);
        assert_eq!(
            pieces("{{ env_var('H', 'none') }}", "env_var", &|_| false).expect("well-formed"),
            [Piece::Call(Call {
                name: "env_var".into(),
                argument: "H".into(),
                default: Some("none".into()),
                range: 0..26,
            })]
        );
    }

    #[test]
    fn anything_else_is_a_problem_with_its_place() {
        let places = |text: &str| -> Vec<(usize, usize)> {
            pieces(text, "var", &|_| false)
                .expect_err("not well-formed")
                .into_iter()
                .map(|p| (p.range.start, p.range.end))
                .collect()
        };
        assert_eq!(places("x {% if a %} {{ b }}"), [(2, 12), (13, 20)]);
        assert_eq!(places("x {{ var('a')"), [(2, 4)]);
        assert_eq!(places("{{ var('a') | upper }}"), [(0, 22)]);
        assert_eq!(places("{{ env_var('a') }}"), [(0, 18)]);
        assert_eq!(places("{{ var(a) }}"), [(0, 12)]);
    }
}
