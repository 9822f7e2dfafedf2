//! Keys of segc.yml.

use crate::yaml::form::{Form, Key, Shape};

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
        Key::optional(
            "holdout",
            Shape::Form(&HOLDOUT),
            "People whom segments with channels leave out, so that it can be measured what campaigns do.",
        ),
        Key::optional(
            "lints",
            Shape::MapOf(&Shape::Word(&["allow", "warn", "deny"])),
            "Levels of lints, by name: `allow`, `warn`, or `deny`, which stops a build.",
        ),
        Key::optional(
            "dbt",
            Shape::Form(&DBT),
            "The dbt project that ref() and source() speak of.",
        ),
        Key::optional(
            "guards",
            Shape::Form(&GUARDS),
            "How much may change at once.",
        ),
    ]],
);

/// `guards:`
pub static GUARDS: Form = Form::of(
    "`guards`",
    &[&[
        Key::optional(
            "max_change",
            Shape::Share,
            "How many may enter or exit a segment at once, as a share of its members so far; default 30%. Its own `max_change` goes before.",
        ),
        Key::optional(
            "min_change",
            Shape::Int,
            "Fewer people than this trip neither `max_change` nor `allow_broad`, and fewer rows not `source_shrink`; default 100.",
        ),
        Key::optional(
            "source_shrink",
            Shape::Share,
            "How many of its rows a source may have lost since the last build, as a share; default 50%. With 100% it may be empty, too.",
        ),
        Key::optional(
            "allow_empty",
            Shape::Bool,
            "Whether a segment may lose its last member; default false.",
        ),
        Key::optional(
            "allow_broad",
            Shape::Bool,
            "Whether a segment without members so far may take in more than 80% of everybody; default false.",
        ),
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

/// `holdout:`
pub static HOLDOUT: Form = Form::of(
    "`holdout`",
    &[&[
        Key::required("share", Shape::Share, "How many of all are held out: `5%`."),
        Key::required(
            "salt",
            Shape::Text,
            "What decides, with the key alone, who is held out: a new salt is a new draw.",
        ),
        Key::optional(
            "entity",
            Shape::Name,
            "Whose rows are held out; default the only entity.",
        ),
    ]],
);

/// `dbt:`
pub static DBT: Form = Form::of(
    "`dbt`",
    &[&[
        Key::required(
            "project_dir",
            Shape::Text,
            "The folder of `dbt_project.yml`, relative to that of segc.yml; its `target/manifest.json` is read.",
        ),
        Key::optional(
            "target",
            Shape::Text,
            "The output of dbt's profile to connect to, where segc.yml has no `targets:`; default the profile's own.",
        ),
    ]],
);

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
