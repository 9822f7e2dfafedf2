//! Tables of keys: what a map may hold. One table drives the decoder, its messages and the JSON Schema.

/// The keys of one kind of map.
#[derive(Debug)]
pub struct Form {
    /// A noun with its article, for messages: "a segment".
    pub name: &'static str,
    /// Exactly one of these must be there; empty if the form has no such choice.
    pub one_of: &'static [&'static [Key]],
    /// All others, in groups that forms share.
    pub keys: &'static [&'static [Key]],
    /// Whether keys that are not in the table may stand there too.
    pub open: bool,
}

/// One key.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub need: Need,
    /// One or two sentences for an editor to show.
    pub doc: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    Required,
    Optional,
    /// Part of the language, but not of this version: an error of its own.
    Later,
}

/// What may stand under a key.
#[derive(Debug)]
pub enum Shape {
    Text,
    Texts,
    Name,
    Names,
    NameOrNames,
    Bool,
    /// A whole number, 0 or more.
    Int,
    /// A number from 0 to 1.
    Part,
    /// `10%`, or a whole number.
    ShareOrCount,
    Date,
    /// An expression: a text, or a number or truth value that is one.
    Sql,
    SqlOrSqls,
    Duration,
    /// The farther and the nearer.
    Durations,
    Period,
    /// `45%`
    Share,
    Condition,
    Conditions,
    /// A list of texts, numbers and truth values.
    Values,
    /// Conditions, or maps of the form among them.
    ConditionsOr(&'static Form),
    /// One of these words.
    Word(&'static [&'static str]),
    TextOr(&'static Form),
    /// A list of such maps.
    Forms(&'static Form),
    Form(&'static Form),
    /// Free names, each with this shape.
    MapOf(&'static Self),
    TextOrMapOf(&'static Self),
    /// A list of maps of columns and values, or `file('…')`.
    Rows,
    /// A list of scalars, or a map of such lists.
    Keys,
    Any,
}

impl Key {
    #[must_use]
    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self {
            name,
            shape,
            need: Need::Required,
            doc,
        }
    }

    #[must_use]
    pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self {
            name,
            shape,
            need: Need::Optional,
            doc,
        }
    }

    #[must_use]
    pub const fn later(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            shape: Shape::Any,
            need: Need::Later,
            doc,
        }
    }
}

impl Form {
    /// A form whose keys are those of the groups and no others.
    #[must_use]
    pub const fn of(name: &'static str, keys: &'static [&'static [Key]]) -> Self {
        Self {
            name,
            one_of: &[],
            keys,
            open: false,
        }
    }

    /// All keys of the form.
    pub fn all(&self) -> impl Iterator<Item = &'static Key> + Clone + use<> {
        self.one_of
            .iter()
            .chain(self.keys.iter())
            .copied()
            .flatten()
    }

    /// The key of this name among those that exclude each other.
    #[must_use]
    pub fn choice(&self, name: &str) -> Option<&'static Key> {
        self.one_of
            .iter()
            .copied()
            .flatten()
            .find(|k| k.name == name)
    }

    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.all().find(|k| k.name == name)
    }
}
