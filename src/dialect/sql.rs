//! A piece of SQL that knows how tightly it binds, so that parentheses stand where they must.

use crate::expr::{Literal, Type};

/// How tightly the outermost operator of a text binds, loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    Or,
    And,
    Not,
    Compare,
    Concat,
    Add,
    Mul,
    Unary,
    /// Needs no parentheses anywhere.
    Atom,
}

/// SQL of one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sql {
    pub text: String,
    pub binding: Binding,
}

impl Sql {
    #[must_use]
    pub fn new(text: impl Into<String>, binding: Binding) -> Self {
        Self {
            text: text.into(),
            binding,
        }
    }

    #[must_use]
    pub fn atom(text: impl Into<String>) -> Self {
        Self::new(text, Binding::Atom)
    }

    /// The text, in parentheses if it binds looser than `least`.
    #[must_use]
    pub fn at(&self, least: Binding) -> String {
        if self.binding < least {
            format!("({})", self.text)
        } else {
            self.text.clone()
        }
    }
}

/// An argument: its SQL, its type, and its value where it is a literal.
#[derive(Clone, Debug)]
pub struct Arg<'a> {
    pub sql: Sql,
    pub ty: &'a Type,
    pub literal: Option<&'a Literal>,
}

impl Arg<'_> {
    #[must_use]
    pub fn at(&self, least: Binding) -> String {
        self.sql.at(least)
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.sql.text
    }
}

/// Which rows an aggregate is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rows<'a> {
    /// Those that meet this.
    pub filter: Option<&'a str>,
    /// The rows of a window: what stands in the parentheses of OVER. None: those of the group.
    pub over: Option<&'a str>,
}

/// Names by where they are, in the order of their first: each with its number in the list.
pub(super) fn grouped<K: PartialEq + Clone>(named: &[(K, String)]) -> Vec<(K, Vec<(usize, &str)>)> {
    let mut groups: Vec<(K, Vec<(usize, &str)>)> = Vec::new();
    for (n, (place, name)) in named.iter().enumerate() {
        match groups.iter_mut().find(|(p, _)| p == place) {
            Some((_, names)) => names.push((n, name)),
            None => groups.push((place.clone(), vec![(n, name)])),
        }
    }
    groups
}

/// The number of a table by its name, and the list of names.
pub(super) fn numbered(
    names: &[(usize, &str)],
    literal: impl Fn(&str) -> String,
) -> (String, String) {
    let when: Vec<String> = (names.iter())
        .map(|(n, name)| format!("when {} then {n}", literal(name)))
        .collect();
    let all: Vec<String> = names.iter().map(|(_, name)| literal(name)).collect();
    (
        format!("case table_name {} end", when.join(" ")),
        all.join(", "),
    )
}

/// `name(a, b)`
#[must_use]
pub(super) fn function(name: &str, args: &[Arg<'_>]) -> Sql {
    let args: Vec<&str> = args.iter().map(Arg::text).collect();
    Sql::atom(format!("{name}({})", args.join(", ")))
}

/// `a op b op c`: the first argument may bind as tightly as the operator, the others must bind tighter.
#[must_use]
pub(super) fn chain(op: &str, args: &[Arg<'_>], binding: Binding, tighter: Binding) -> Sql {
    let mut text = String::new();
    for (n, arg) in args.iter().enumerate() {
        if n > 0 {
            text.push_str(op);
            text.push_str(&arg.at(tighter));
        } else {
            text.push_str(&arg.at(binding));
        }
    }
    Sql::new(
        text,
        if args.len() > 1 {
            binding
        } else {
            Binding::Atom
        },
    )
}
