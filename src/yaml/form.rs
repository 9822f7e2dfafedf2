//! Tables of keys: what a map may hold. One table drives the decoder, its messages and the JSON Schema.

/// The keys of one kind of map.
#[derive(Debug)]
pub struct Form {
    /// A noun with its article, for messages: "a segment".
    pub name: &'static str,
    pub keys: &'static [Key],
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
    /// Text of lower-case letters, digits and `_`, or several of them with dots between.
    Name,
    Names,
    NameOrNames,
    Bool,
    Int,
    Date,
    /// An expression: text, or a number or truth value that is one.
    Sql,
    SqlOrSqls,
    Duration,
    /// The farther and the nearer.
    Durations,
    Period,
    Condition,
    Conditions,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A text, or one of these maps.
    TextOr(&'static Form),
    /// As many as wanted, as a list of maps.
    Forms(&'static Form),
    Form(&'static Form),
    /// Free names, each with this shape.
    MapOf(&'static Self),
    TextOrMapOf(&'static Self),
    Texts,
    /// Anything.
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
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}
