//! Keys of ranks, of population statistics, and of `top` and `bottom`.

use crate::yaml::form::{Form, Key, Shape};

/// What makes a trait a value among others.
pub const POPULATIONS: &[Key] = &[
    Key::optional(
        "rank",
        Shape::Sql,
        "The place among others by this expression: 1 is the largest.",
    ),
    Key::optional(
        "percentile",
        Shape::Sql,
        "How far up among others, from 0 (the smallest) to 1 (the largest).",
    ),
    Key::optional(
        "ntile",
        Shape::Form(&NTILE),
        "The bucket among others, numbered from the smallest values up.",
    ),
    Key::optional("quintile", Shape::Sql, "`ntile` with 5 buckets."),
    Key::optional("decile", Shape::Sql, "`ntile` with 10 buckets."),
    Key::optional(
        "population",
        Shape::Form(&POPULATION),
        "One number for everybody: a statistic of this value over all entities.",
    ),
];

/// Who is compared with whom.
pub(super) const AMONG: &[Key] = &[
    Key::optional(
        "among",
        Shape::Condition,
        "Who is compared: a condition; default all who have the value.",
    ),
    Key::optional(
        "per",
        Shape::Sql,
        "An expression: each of its values is compared by itself.",
    ),
];

pub(super) const RANKING: &[Key] = &[
    Key::optional(
        "order",
        Shape::Word(&["desc", "asc"]),
        "Of `rank`: whether 1 is the largest (`desc`, the default) or the smallest (`asc`).",
    ),
    Key::optional(
        "ties",
        Shape::Word(&["min", "dense", "break", "same"]),
        "What equal values get: for `rank` `min` (1, 1, 3; default), `dense` (1, 1, 2) or `break` (by key); for `ntile` `same` (one bucket; default) or `break` (by key).",
    ),
];

/// `{of: x, buckets: n}`
pub static NTILE: Form = Form::of(
    "`ntile`",
    &[&[
        Key::required("of", Shape::Sql, "The expression that is compared."),
        Key::required("buckets", Shape::Int, "How many buckets there are."),
    ]],
);

/// `{avg: x}`, `{quantile: x, at: 0.9}`
pub static POPULATION: Form = Form {
    name: "a population statistic",
    one_of: &[&[
        Key::optional("count", Shape::Sql, "How many have the value; 0 if none."),
        Key::optional("sum", Shape::Sql, "The sum; 0 over nobody."),
        Key::optional("avg", Shape::Sql, "The mean."),
        Key::optional("min", Shape::Sql, "The smallest value."),
        Key::optional("max", Shape::Sql, "The largest value."),
        Key::optional("median", Shape::Sql, "The value in the middle."),
        Key::optional("stddev", Shape::Sql, "The sample standard deviation."),
        Key::optional(
            "quantile",
            Shape::Sql,
            "The value up to which the part `at` of all lie, interpolated.",
        ),
    ]],
    keys: &[&[Key::optional(
        "at",
        Shape::Part,
        "Which quantile: a number from 0 to 1.",
    )]],
    open: false,
};

/// `top: 10%`
pub(super) static TOP: Form = Form {
    name: "`top`",
    one_of: &[&[
        Key::optional(
            "top",
            Shape::ShareOrCount,
            "In the first part (`10%`, rounded up) or so many, from the largest value down.",
        ),
        Key::optional(
            "bottom",
            Shape::ShareOrCount,
            "In the first part (`10%`, rounded up) or so many, from the smallest value up.",
        ),
    ]],
    keys: &[
        &[
            Key::required("by", Shape::Sql, "The expression that is compared."),
            Key::optional(
                "ties",
                Shape::Word(&["break", "include", "exclude"]),
                "What becomes of equal values at the cut: by key (default), all in, or all out.",
            ),
        ],
        AMONG,
    ],
    open: false,
};
