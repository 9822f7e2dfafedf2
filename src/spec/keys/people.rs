//! Keys of what says who counts: sizes, splits, lists, suppression, versions.

use super::{AUDIENCE, ENTITY_OF, ITEM, QUERY};
use crate::yaml::form::{Form, Key, Shape};

/// `size:`
pub static SIZE: Form = Form::of(
    "`size`",
    &[&[
        Key::optional("min", Shape::Int, "The fewest members it may have."),
        Key::optional("max", Shape::Int, "The most members it may have."),
        Key::optional(
            "max_share",
            Shape::Share,
            "The most of all entities that may be members: `40%`.",
        ),
    ]],
);

/// `splits:`
pub static SPLIT: Form = Form::of(
    "a split",
    &[
        ITEM,
        ENTITY_OF,
        AUDIENCE,
        &[
            Key::required("of", Shape::Name, "The segment whose members are split."),
            Key::required(
                "salt",
                Shape::Text,
                "What decides, with the key alone, who is in which arm: a new salt is a new draw.",
            ),
            Key::required(
                "arms",
                Shape::MapOf(&Shape::Share),
                "Names and shares, up to 100%: `{treatment: 90%, holdout: 10%}`. The rest is in no arm.",
            ),
        ],
    ],
);

/// `lists:`
pub static LIST: Form = Form::of(
    "a list",
    &[
        ITEM,
        ENTITY_OF,
        &[
            Key::required(
                "file",
                Shape::Text,
                "A CSV or Parquet file below the project's folder.",
            ),
            Key::required(
                "key",
                Shape::Name,
                "The column with the keys; it is read with the type of the entity's key.",
            ),
        ],
    ],
);

/// An item of `suppress:` that is a source of keys.
pub static SUPPRESSOR: Form = Form::of(
    "a suppression source",
    &[&[
        Key::required("name", Shape::Name, "The name that messages call it by."),
        Key::required(
            "table",
            Shape::TextOr(&QUERY),
            "Where the keys are: a table, `file('data/x.parquet')`, or `{sql: \"select …\"}`.",
        ),
        Key::required(
            "key",
            Shape::Name,
            "The column with the keys, of the very type of the entity's key.",
        ),
        Key::optional(
            "columns",
            Shape::MapOf(&Shape::Text),
            "Column types, as those of an entity.",
        ),
        Key::optional(
            "where",
            Shape::SqlOrSqls,
            "Which rows suppress: a SQL expression, or several that hold for the same row.",
        ),
        Key::optional(
            "time",
            Shape::Name,
            "The column that says when a row was recorded.",
        ),
        Key::optional(
            "fresh_within",
            Shape::Duration,
            "A build stops where the newest row is older than this.",
        ),
        Key::optional(
            "min_rows",
            Shape::Int,
            "A build stops where there are fewer rows: 1 or more; default 1.",
        ),
        Key::optional(
            "max_shrink",
            Shape::Share,
            "A build stops where more than this share of the rows is gone since the last build; default 1%. With 100%, it is never compared.",
        ),
    ]],
);

/// `valid:`
pub static VALID: Form = Form::of(
    "`valid`",
    &[&[
        Key::required(
            "from",
            Shape::Name,
            "The column that says since when a row holds.",
        ),
        Key::required(
            "to",
            Shape::Name,
            "The column that says when it stopped to hold; NULL if it has not.",
        ),
        Key::optional(
            "time_zone",
            Shape::Text,
            "How `datetime` columns are read, as those of a dbt snapshot; default the project's.",
        ),
    ]],
);
