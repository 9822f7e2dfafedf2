//! Keys of what says who counts: sizes, splits.

use super::{AUDIENCE, ENTITY_OF, ITEM};
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
