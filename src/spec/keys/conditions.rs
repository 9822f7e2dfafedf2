//! Keys of conditions, of windows and of aggregates.

use crate::yaml::form::{Form, Key, Shape};

pub(super) const WINDOW: &[Key] = &[
    Key::optional(
        "within",
        Shape::Duration,
        "Rows of the last so and so long: `90 days`.",
    ),
    Key::optional("before", Shape::Duration, "Rows older than this."),
    Key::optional(
        "between",
        Shape::Durations,
        "Rows between two ages, the farther first: `[180 days, 90 days]`.",
    ),
    Key::optional("since", Shape::Date, "Rows from this date on."),
    Key::optional("until", Shape::Date, "Rows before this date."),
    Key::optional(
        "during",
        Shape::Period,
        "Rows of a period of the calendar: `last month`, `2025-Q4`.",
    ),
    Key::optional(
        "next",
        Shape::Duration,
        "What lies ahead of as_of: for `anniversary`.",
    ),
];

pub(super) const WHERE: &[Key] = &[Key::optional(
    "where",
    Shape::SqlOrSqls,
    "Which rows: a SQL expression over the relation's columns, or several that hold for the same row.",
)];

pub(super) const OF: &[Key] = &[Key::optional(
    "of",
    Shape::Sql,
    "The expression over a row that is aggregated; `orders.total` is short for it.",
)];

/// The aggregates, in traits and conditions.
pub(super) const AGGREGATES: &[Key] = &[
    Key::optional("count", Shape::Name, "How many rows; 0 if none."),
    Key::optional(
        "count_distinct",
        Shape::Name,
        "How many different values; 0 if none.",
    ),
    Key::optional("sum", Shape::Name, "The sum; 0 over no rows."),
    Key::optional("avg", Shape::Name, "The mean."),
    Key::optional("min", Shape::Name, "The smallest value."),
    Key::optional("max", Shape::Name, "The largest value."),
    Key::optional("median", Shape::Name, "The value in the middle."),
    Key::optional("stddev", Shape::Name, "The sample standard deviation."),
    Key::optional("first", Shape::Name, "The value of the earliest row."),
    Key::optional("last", Shape::Name, "The value of the latest row."),
    Key::optional(
        "most_frequent",
        Shape::Name,
        "The value that is there most often; the smallest of them.",
    ),
    Key::optional(
        "least_frequent",
        Shape::Name,
        "The value that is there least often; the smallest of them.",
    ),
    Key::optional("exists", Shape::Name, "Whether there is a row."),
    Key::optional(
        "days_since_first",
        Shape::Name,
        "Local midnights since the earliest row.",
    ),
    Key::optional(
        "days_since_last",
        Shape::Name,
        "Local midnights since the latest row.",
    ),
    Key::optional(
        "avg_days_between",
        Shape::Name,
        "Mean days from one row to the next; needs two.",
    ),
    Key::optional(
        "list_distinct",
        Shape::Name,
        "The different values, as an array.",
    ),
];

const ALL_OF: &[Key] = &[Key::required(
    "of",
    Shape::Conditions,
    "The conditions that are counted.",
)];

const OVER: Key = Key::optional(
    "over",
    Shape::Name,
    "The relation that leads to the other entity whose segment it is.",
);

/// The kinds of condition that are maps. The first key of each names it (or those that exclude each other do).
pub static CONDITIONS: &[&Form] = &[
    &Form::of(
        "`all`",
        &[&[Key::required(
            "all",
            Shape::Conditions,
            "Every one of these holds.",
        )]],
    ),
    &Form::of(
        "`any`",
        &[&[Key::required(
            "any",
            Shape::Conditions,
            "At least one of these holds.",
        )]],
    ),
    &Form::of(
        "`none`",
        &[&[Key::required(
            "none",
            Shape::Conditions,
            "Not one of these holds.",
        )]],
    ),
    &Form::of(
        "`not`",
        &[&[Key::required(
            "not",
            Shape::Condition,
            "This does not hold.",
        )]],
    ),
    &Form::of(
        "`at_least`",
        &[
            &[Key::required(
                "at_least",
                Shape::Int,
                "So many of the conditions under `of`, or more.",
            )],
            ALL_OF,
        ],
    ),
    &Form::of(
        "`at_most`",
        &[
            &[Key::required(
                "at_most",
                Shape::Int,
                "So many of the conditions under `of`, or fewer.",
            )],
            ALL_OF,
        ],
    ),
    &Form::of(
        "`exactly`",
        &[
            &[Key::required(
                "exactly",
                Shape::Int,
                "So many of the conditions under `of`.",
            )],
            ALL_OF,
        ],
    ),
    &Form::of(
        "`did`",
        &[
            &[
                Key::required(
                    "did",
                    Shape::Name,
                    "The relation with at least one row (or `times`).",
                ),
                Key::optional(
                    "times",
                    Shape::Sql,
                    "How many rows: `\">= 3\"`, `between 3 and 5`.",
                ),
            ],
            WHERE,
            WINDOW,
        ],
    ),
    &Form::of(
        "`did_not`",
        &[
            &[Key::required(
                "did_not",
                Shape::Name,
                "The relation without a row.",
            )],
            WHERE,
            WINDOW,
        ],
    ),
    &Form::of(
        "`first_time`",
        &[
            &[Key::required(
                "first_time",
                Shape::Name,
                "The relation whose first row ever lies in the window.",
            )],
            WHERE,
            WINDOW,
        ],
    ),
    &Form::of(
        "`in`",
        &[
            &[
                Key::required(
                    "in",
                    Shape::NameOrNames,
                    "A segment, or a case as `group.case`; of several, any.",
                ),
                OVER,
            ],
            WHERE,
            WINDOW,
        ],
    ),
    &Form::of(
        "`not_in`",
        &[
            &[
                Key::required(
                    "not_in",
                    Shape::NameOrNames,
                    "A segment, or a case as `group.case`; of several, none.",
                ),
                OVER,
            ],
            WHERE,
            WINDOW,
        ],
    ),
    &STOPPED,
    &RESTARTED,
    &REGULARLY,
    &super::populations::TOP,
    &NATIVE,
    &Form::of(
        "`in_list`",
        &[&[Key::required(
            "in_list",
            Shape::NameOrNames,
            "A list of static keys; of several, any.",
        )]],
    ),
    &Form::of(
        "`entered`",
        &[
            &[Key::required(
                "entered",
                Shape::Name,
                "The segment that an earlier build has seen it come into.",
            )],
            WINDOW,
        ],
    ),
    &Form::of(
        "`exited`",
        &[
            &[Key::required(
                "exited",
                Shape::Name,
                "The segment that an earlier build has seen it leave.",
            )],
            WINDOW,
        ],
    ),
    &Form::of(
        "`member_for`",
        &[&[Key::required(
            "member_for",
            Shape::MapOf(&Shape::Text),
            "Segments, and how long it has been in them without a break: `{vip: \">= 30 days\"}`.",
        )]],
    ),
    &SEQUENCE,
    &ANNIVERSARY,
    &AGGREGATE_CONDITION,
];

const ACTIVE_QUIET: &[Key] = &[
    Key::required("active", Shape::Duration, "How long is looked back in all."),
    Key::required(
        "quiet",
        Shape::Duration,
        "The last part of `active`, which is looked at by itself.",
    ),
];

static STOPPED: Form = Form::of(
    "`stopped`",
    &[
        &[Key::required(
            "stopped",
            Shape::Name,
            "The relation with a row in `active`, and none in `quiet`.",
        )],
        ACTIVE_QUIET,
        WHERE,
    ],
);

static RESTARTED: Form = Form::of(
    "`restarted`",
    &[
        &[Key::required(
            "restarted",
            Shape::Name,
            "The relation with a row before `active`, then none until `quiet`, and one in it.",
        )],
        ACTIVE_QUIET,
        WHERE,
    ],
);

static REGULARLY: Form = Form::of(
    "`regularly`",
    &[
        &[
            Key::required(
                "regularly",
                Shape::Name,
                "The relation with rows in most of the last periods.",
            ),
            Key::required(
                "every",
                Shape::Duration,
                "How long a period is; the last one ends at as_of.",
            ),
            Key::required(
                "periods",
                Shape::Text,
                "In how many of how many periods: `3 of 6`.",
            ),
            Key::optional(
                "times",
                Shape::Sql,
                "How many rows make a period count: `\">= 3\"`; at least one by default.",
            ),
        ],
        WHERE,
    ],
);

/// `sum: orders.total`, `is: ">= 500"`
pub static AGGREGATE_CONDITION: Form = Form {
    name: "an aggregate",
    one_of: &[AGGREGATES],
    keys: &[
        OF,
        WHERE,
        WINDOW,
        &[Key::required(
            "is",
            Shape::Sql,
            "What is asked of the value: `\">= 500\"`, `between 3 and 5`, `\"in ('a', 'b')\"`, `is null`.",
        )],
    ],
    open: false,
};

static ANNIVERSARY: Form = Form::of(
    "`anniversary`",
    &[
        &[Key::required(
            "anniversary",
            Shape::Sql,
            "The date of the entity whose month and day fall in the window.",
        )],
        WINDOW,
    ],
);

static SEQUENCE: Form = Form::of(
    "`sequence`",
    &[&[
        Key::required(
            "sequence",
            Shape::Forms(&STEP),
            "One thing after another: `did` steps in order, and `did_not` for what may not come between or after.",
        ),
        Key::optional(
            "same",
            Shape::Sql,
            "A column that is equal, and not null, in all steps: `product_id`.",
        ),
        Key::optional(
            "total",
            Shape::Duration,
            "At most so long from the first matched row to the last.",
        ),
    ]],
);

/// A step of `sequence:`. In a later step `within` counts from the row matched before.
pub static STEP: Form = Form {
    name: "a step",
    one_of: &[&[
        Key::optional("did", Shape::Name, "The relation with a row here."),
        Key::optional("did_not", Shape::Name, "The relation without a row here."),
    ]],
    keys: &[WHERE, WINDOW],
    open: false,
};

/// `sql: {warehouse: "…"}`
static NATIVE: Form = Form::of(
    "`sql`",
    &[&[
        Key::required(
            "sql",
            Shape::MapOf(&Shape::Sql),
            "An expression in each warehouse's own SQL: `{duckdb: \"…\", bigquery: \"…\"}`.",
        ),
        Key::optional(
            "type",
            Shape::Text,
            "`boolean`, which a condition always is.",
        ),
    ]],
);
