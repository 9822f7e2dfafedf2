//! The tables of keys of spec files and of segc.yml: what may be written, and what it is for.
//!
//! The decoders beside this file read by them, and [`crate::schema`] prints them as JSON Schema.

mod conditions;
mod people;
mod populations;
mod settings;
mod unit;

use crate::diag::codes::lint;
use crate::yaml::form::{Form, Key, Shape};
pub use conditions::{AGGREGATE_CONDITION, CONDITIONS, STEP};
use conditions::{AGGREGATES, OF, WHERE, WINDOW};
pub use people::{LIST, SIZE, SPLIT, SUPPRESSOR, VALID};
use populations::{AMONG, RANKING};
pub use populations::{NTILE, POPULATION, POPULATIONS};
pub use settings::{DBT, GUARDS, HOLDOUT, OUTPUTS, SETTINGS, TARGET};
pub use unit::{EXPECT, TEST};

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
        Key::optional(
            "splits",
            Shape::Forms(&SPLIT),
            "Sticky random arms of a segment, for tests of what an action does.",
        ),
        Key::optional(
            "lists",
            Shape::Forms(&LIST),
            "Static keys from files, for `in_list`.",
        ),
        Key::optional(
            "tests",
            Shape::Forms(&TEST),
            "Rows, and who must be in a segment then.",
        ),
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
    Key::optional(
        "allow",
        Shape::Forms(&ALLOW),
        "Lints that are silent here, each with the reason.",
    ),
];

const FOR_EACH: &[Key] = &[Key::optional(
    "for_each",
    Shape::MapOf(&Shape::Values),
    "Repeats the item for each value, as `{{ country }}` in its texts: `{country: [US, CA]}`. The name must contain it.",
)];

/// `allow:` of any item
pub static ALLOW: Form = Form::of(
    "an `allow`",
    &[&[
        Key::required(
            "lint",
            Shape::Word(lint::NAMES),
            "The lint's name, or its code.",
        ),
        Key::required("reason", Shape::Text, "Why it is right here."),
    ]],
);

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
                Shape::ConditionsOr(&SUPPRESSOR),
                "Conditions and sources of keys: whom one of them names is in no segment.",
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
            Key::optional(
                "valid",
                Shape::Form(&VALID),
                "The columns that say when a row of a versioned table holds: the one as of as_of counts.",
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
            Key::optional(
                "kept_for",
                Shape::Duration,
                "How far back its rows go, if old ones are deleted: windows beyond are reported.",
            ),
            Key::optional(
                "entity",
                Shape::Name,
                "Another entity that each row points to: `in:` a segment of it asks over this relation.",
            ),
            Key::optional(
                "to",
                Shape::Name,
                "The column that holds the other entity's key; default the one named like it.",
            ),
            Key::optional(
                "future",
                Shape::Bool,
                "Whether rows are known before their time comes, as bookings are: `next:` asks about those ahead.",
            ),
        ],
        &TABLE,
        ON,
    ],
);

/// `traits:`
pub static TRAIT: Form = Form {
    name: "a trait",
    one_of: &[
        AGGREGATES,
        &[Key::optional(
            "sql",
            Shape::TextOrMapOf(&Shape::Sql),
            "An expression over the entity's columns, lookups, other traits and aggregates; or one in each warehouse's own SQL, with `type`.",
        )],
        POPULATIONS,
    ],
    keys: &[
        ITEM,
        FOR_EACH,
        ENTITY_OF,
        OF,
        WHERE,
        WINDOW,
        AMONG,
        RANKING,
        &[
            Key::optional(
                "default",
                Shape::Sql,
                "The value instead of NULL, as a SQL literal: `0`, `\"'none'\"`.",
            ),
            Key::optional(
                "type",
                Shape::Text,
                "The type of SQL that is written for each warehouse.",
            ),
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
    Key::optional(
        "holdout",
        Shape::Bool,
        "Whether it leaves out whom the project holds out; default where it has channels. `false` needs `holdout_reason`.",
    ),
    Key::optional(
        "holdout_reason",
        Shape::Text,
        "Why nobody is held out here.",
    ),
    Key::optional("enabled", Shape::Bool, "`false` keeps it out of builds."),
    Key::optional(
        "size",
        Shape::Form(&SIZE),
        "Bounds on the number of members: a build refuses to publish a segment beyond them.",
    ),
    Key::optional(
        "max_change",
        Shape::Share,
        "The most of its members that may enter or exit in one build.",
    ),
    Key::optional(
        "review_every",
        Shape::Duration,
        "How often someone should look at it.",
    ),
    Key::optional("reviewed_on", Shape::Date, "When someone last did."),
    Key::optional(
        "renamed_from",
        Shape::Name,
        "The name that its history was published under.",
    ),
    Key::later("materialized", "A table instead of a view."),
];

/// `segments:`
pub static SEGMENT: Form = Form::of(
    "a segment",
    &[
        ITEM,
        FOR_EACH,
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
        FOR_EACH,
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
