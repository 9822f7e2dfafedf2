//! The tables of keys of spec files and of segc.yml: what may be written, and what it is for.
//!
//! The decoders beside this file read by them, and [`crate::schema`] prints them as JSON Schema.

use crate::yaml::form::{Form, Key, Shape};

/// What a spec file holds.
pub static FILE: Form = Form::of(
    "a spec file",
    &[&[
        Key::optional(
            "entities",
            Shape::Forms(&ENTITY),
            "Whom segments are made of: a table with one row each, and what is known of them.",
        ),
        Key::optional(
            "traits",
            Shape::Forms(&TRAIT),
            "Values with names, one per entity.",
        ),
        Key::optional(
            "segments",
            Shape::Forms(&SEGMENT),
            "Yes-or-no questions about an entity.",
        ),
        Key::optional(
            "groups",
            Shape::Forms(&GROUP),
            "Segments that exclude each other: the first case that holds wins.",
        ),
        Key::later("splits", "Sticky random arms of a segment."),
        Key::later("lists", "Static keys from a file."),
        Key::later("tests", "Rows, and who must be in a segment then."),
    ]],
);

const ITEM: &[Key] = &[
    Key::required(
        "name",
        Shape::Name,
        "Lower-case letters, digits and `_`, a letter first; it becomes part of table names.",
    ),
    Key::optional("description", Shape::Text, "What it is, for people."),
    Key::optional("owner", Shape::Text, "Who answers for it."),
    Key::optional("tags", Shape::Texts, "Words to select it by."),
    Key::optional(
        "meta",
        Shape::MapOf(&Shape::Any),
        "Anything else worth keeping with it.",
    ),
    Key::later("for_each", "Repeats the item with a parameter."),
    Key::later(
        "renamed_from",
        "The name that its history was published under.",
    ),
];

const ENTITY_OF: &[Key] = &[Key::optional(
    "entity",
    Shape::Name,
    "The entity it is about; default the only one.",
)];

/// `entities:`
pub static ENTITY: Form = Form::of(
    "an entity",
    &[
        ITEM,
        &TABLE,
        &[
            Key::required(
                "key",
                Shape::Name,
                "The column that is unique and not null.",
            ),
            Key::optional(
                "suppress",
                Shape::Conditions,
                "Conditions: who meets one is in no segment.",
            ),
            Key::optional(
                "channels",
                Shape::MapOf(&Shape::Sql),
                "Who may be reached where: a SQL boolean for each channel.",
            ),
            Key::optional(
                "relations",
                Shape::Forms(&RELATION),
                "Tables with many rows for one entity.",
            ),
            Key::later(
                "valid",
                "The columns that say when a row of a versioned table holds.",
            ),
        ],
    ],
);

static TABLE: [Key; 3] = [
    Key::required(
        "table",
        Shape::TextOr(&QUERY),
        "`ref('x')`, `source('a', 'b')`, a dotted name, `file('data/x.parquet')`, or `{sql: \"select …\"}`.",
    ),
    Key::optional(
        "columns",
        Shape::MapOf(&Shape::Text),
        "Column types: boolean, int, float, decimal(p,s), string, date, timestamp, datetime, json, array<T>.",
    ),
    Key::optional(
        "lookups",
        Shape::Forms(&LOOKUP),
        "Tables with at most one row for each row of this one.",
    ),
];

/// `table: {sql: …}`
pub static QUERY: Form = Form::of(
    "a query",
    &[&[Key::required("sql", Shape::Sql, "Exactly one query.")]],
);

const ON: &[Key] = &[Key::required(
    "on",
    Shape::TextOrMapOf(&Shape::Name),
    "The column that joins the two, named alike on both sides, or `{column there: column here}`.",
)];

/// `lookups:`
pub static LOOKUP: Form = Form::of(
    "a lookup",
    &[
        &[Key::required(
            "name",
            Shape::Name,
            "The name that its columns are reached by: `product.category`.",
        )],
        &TABLE,
        ON,
    ],
);

/// `relations:`
pub static RELATION: Form = Form::of(
    "a relation",
    &[
        &[
            Key::required(
                "name",
                Shape::Name,
                "The name that conditions and traits call it by.",
            ),
            Key::optional(
                "via",
                Shape::Name,
                "The parent relation: rows belong to its rows, and its filter and time apply.",
            ),
            Key::optional(
                "key",
                Shape::NameOrNames,
                "The columns that name one row: breaks ties, and child relations join on it.",
            ),
            Key::optional(
                "time",
                Shape::Name,
                "The column that says when a row happened; windows need it.",
            ),
            Key::optional(
                "time_zone",
                Shape::Text,
                "How `datetime` columns are read; default the project's.",
            ),
            Key::optional("where", Shape::SqlOrSqls, "Which rows count at all."),
            Key::later("entity", "A relation to another entity."),
            Key::later("future", "Rows that lie ahead of as_of."),
        ],
        &TABLE,
        ON,
    ],
);

const WINDOW: &[Key] = &[
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
    Key::later("next", "What lies ahead of as_of."),
];

const WHERE: &[Key] = &[Key::optional(
    "where",
    Shape::SqlOrSqls,
    "Which rows: a SQL expression over the relation's columns, or several that hold for the same row.",
)];

const OF: &[Key] = &[Key::optional(
    "of",
    Shape::Sql,
    "The expression over a row that is aggregated; `orders.total` is short for it.",
)];

/// The aggregates, in traits and conditions.
pub const AGGREGATES: &[Key] = &[
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

/// `traits:`
pub static TRAIT: Form = Form {
    name: "a trait",
    one_of: &[
        AGGREGATES,
        &[
            Key::optional(
                "sql",
                Shape::Sql,
                "An expression over the entity's columns, lookups, other traits and aggregates.",
            ),
            Key::later("rank", "The place among others."),
            Key::later("percentile", "The share of others below."),
            Key::later("ntile", "The bucket among others."),
            Key::later("quintile", "The fifth among others."),
            Key::later("decile", "The tenth among others."),
            Key::later("population", "A statistic over everybody."),
        ],
    ],
    keys: &[
        ITEM,
        ENTITY_OF,
        OF,
        WHERE,
        WINDOW,
        &[
            Key::optional(
                "default",
                Shape::Sql,
                "The value instead of NULL, as a SQL literal: `0`, `\"'none'\"`.",
            ),
            Key::later("among", "Who is ranked."),
            Key::later("per", "Ranks start anew for each value."),
            Key::later("order", "Which end is first."),
            Key::later("ties", "What equal values get."),
            Key::later("type", "The type of SQL written for each warehouse."),
        ],
    ],
    open: false,
};

const AUDIENCE: &[Key] = &[
    Key::optional("title", Shape::Text, "Its name for people."),
    Key::optional(
        "expose",
        Shape::Names,
        "Columns and traits that its table shows beside the key.",
    ),
    Key::optional(
        "channels",
        Shape::Names,
        "Channels of the entity to publish the reachable members of.",
    ),
    Key::optional("action", Shape::Text, "What is done with it."),
    Key::optional("kpi", Shape::Text, "What the action is measured by."),
    Key::optional(
        "suppress",
        Shape::Bool,
        "`false` publishes even whom the entity suppresses; needs `suppress_reason`.",
    ),
    Key::optional(
        "suppress_reason",
        Shape::Text,
        "Why nobody is suppressed here.",
    ),
    Key::optional("enabled", Shape::Bool, "`false` keeps it out of builds."),
    Key::later("size", "Bounds on the number of members."),
    Key::later("max_change", "How much may change at once."),
    Key::later("review_every", "How often someone should look at it."),
    Key::later("reviewed_on", "When someone last did."),
    Key::later("materialized", "A table instead of a view."),
];

/// `segments:`
pub static SEGMENT: Form = Form::of(
    "a segment",
    &[
        ITEM,
        ENTITY_OF,
        AUDIENCE,
        &[
            Key::required(
                "where",
                Shape::Condition,
                "Who is in it: a condition, or a list that must all hold.",
            ),
            Key::optional("expires_on", Shape::Date, "The day it is no longer wanted."),
        ],
    ],
);

/// `groups:`
pub static GROUP: Form = Form::of(
    "a group",
    &[
        ITEM,
        ENTITY_OF,
        AUDIENCE,
        &[
            Key::required(
                "cases",
                Shape::Forms(&CASE),
                "Segments in order: everybody is in the first whose condition holds.",
            ),
            Key::optional("otherwise", Shape::Name, "The segment of all others."),
        ],
    ],
);

/// `cases:` of a group
pub static CASE: Form = Form::of(
    "a case",
    &[&[
        Key::required(
            "name",
            Shape::Name,
            "The part of its name after the dot: `lifecycle.new`.",
        ),
        Key::optional("title", Shape::Text, "Its name for people."),
        Key::optional("description", Shape::Text, "What it is, for people."),
        Key::required(
            "where",
            Shape::Condition,
            "Who is in it, of those that no case before it took.",
        ),
    ]],
);

const ALL_OF: &[Key] = &[Key::required(
    "of",
    Shape::Conditions,
    "The conditions that are counted.",
)];

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
        &[&[Key::required(
            "in",
            Shape::NameOrNames,
            "A segment, or a case as `group.case`; of several, any.",
        )]],
    ),
    &Form::of(
        "`not_in`",
        &[&[Key::required(
            "not_in",
            Shape::NameOrNames,
            "A segment, or a case as `group.case`; of several, none.",
        )]],
    ),
    &AGGREGATE_CONDITION,
    &LATER_CONDITION,
];

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

static LATER_CONDITION: Form = Form {
    name: "a condition",
    one_of: &[&[
        Key::later("stopped", "Active once, quiet now."),
        Key::later("restarted", "Quiet once, active again."),
        Key::later("regularly", "Active in most periods."),
        Key::later("top", "The first of a ranking."),
        Key::later("bottom", "The last of a ranking."),
        Key::later("in_list", "Static keys."),
        Key::later("anniversary", "The day of the year."),
        Key::later("entered", "Came into a segment."),
        Key::later("exited", "Left a segment."),
        Key::later("member_for", "Has been in a segment."),
        Key::later("sequence", "One thing after another."),
        Key::later("sql", "SQL for each warehouse."),
    ]],
    keys: &[],
    open: false,
};

/// segc.yml
pub static SETTINGS: Form = Form::of(
    "segc.yml",
    &[&[
        Key::required("name", Shape::Name, "The project's name."),
        Key::optional("version", Shape::Int, "The version of the language: 1."),
        Key::optional(
            "spec_paths",
            Shape::Texts,
            "Folders (or files) of specs; default `[segments]`.",
        ),
        Key::optional(
            "test_paths",
            Shape::Texts,
            "Folders of tests; default `[tests]`.",
        ),
        Key::optional(
            "time_zone",
            Shape::Text,
            "IANA name of the zone that days and months are counted in; default UTC.",
        ),
        Key::optional(
            "week_start",
            Shape::Word(&["monday", "sunday"]),
            "The first day of the week; default monday.",
        ),
        Key::optional(
            "as_of",
            Shape::Text,
            "The instant that questions are asked as of: `now` (default), `today`, or an instant.",
        ),
        Key::optional(
            "targets",
            Shape::MapOf(&Shape::Form(&TARGET)),
            "Warehouses to publish in, by name.",
        ),
        Key::optional(
            "default_target",
            Shape::Name,
            "The target of a command that names none.",
        ),
        Key::optional(
            "vars",
            Shape::MapOf(&Shape::Any),
            "Values for `var('name')` in specs; `--vars` overrides them.",
        ),
        Key::optional(
            "outputs",
            Shape::Form(&OUTPUTS),
            "What is published, and where.",
        ),
        Key::later(
            "dbt",
            "ref(), source() and the connection from a dbt project.",
        ),
        Key::later("guards", "How much may change at once."),
    ]],
);

/// One of `targets:`
pub static TARGET: Form = Form {
    name: "a target",
    one_of: &[],
    keys: &[&[Key::required(
        "type",
        Shape::Text,
        "The kind of warehouse; its options stand beside it.",
    )]],
    open: true,
};

/// `outputs:`
pub static OUTPUTS: Form = Form::of(
    "`outputs`",
    &[&[
        Key::optional(
            "schema",
            Shape::Text,
            "The schema of the published tables; default `segments`.",
        ),
        Key::optional(
            "prefix",
            Shape::Text,
            "Put before the name of every published table and view.",
        ),
        Key::optional(
            "history",
            Shape::Bool,
            "Whether stays are kept; default true.",
        ),
        Key::optional(
            "wide",
            Shape::Bool,
            "Whether there is a view with a column for each segment; default false.",
        ),
        Key::later("census", "The views of warehouse-managed audiences."),
    ]],
);
