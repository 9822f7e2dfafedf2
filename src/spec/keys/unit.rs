//! Keys of `tests:`.

use crate::yaml::form::{Form, Key, Shape};

/// `tests:`
pub static TEST: Form = Form {
    name: "a test",
    one_of: &[&[
        Key::optional("segment", Shape::Name, "The segment that it is about."),
        Key::optional("segments", Shape::NameOrNames, "Several segments."),
        Key::optional("trait", Shape::Name, "The trait that it is about."),
        Key::optional("group", Shape::Name, "The group that it is about."),
        Key::optional("split", Shape::Name, "The split that it is about."),
    ]],
    keys: &[&[
        Key::required(
            "name",
            Shape::Text,
            "A sentence that says what is shown, unlike that of any other test.",
        ),
        Key::optional("description", Shape::Text, "More about it, for people."),
        Key::optional("owner", Shape::Text, "Who answers for it."),
        Key::optional("tags", Shape::Texts, "Words to find it by in a list."),
        Key::optional(
            "meta",
            Shape::MapOf(&Shape::Any),
            "Anything else worth keeping with it.",
        ),
        Key::optional(
            "as_of",
            Shape::Text,
            "The instant of the question; default the project's, unless that is `now` or `today`.",
        ),
        Key::optional(
            "vars",
            Shape::MapOf(&Shape::Any),
            "Values of vars instead of the project's.",
        ),
        Key::optional(
            "given",
            Shape::MapOf(&Shape::Rows),
            "Rows per entity, relation, lookup or list: `[{customer_id: 1, ordered_at: -10 days}]`, or `file('x.csv')`. \
             Missing columns are null, missing tables are empty.",
        ),
        Key::optional(
            "held_out",
            Shape::Values,
            "Keys of those whom the project holds out in this test; without it, nobody is held out.",
        ),
        Key::required("expect", Shape::Form(&EXPECT), "What must be true."),
    ]],
    open: false,
};

/// `expect:` of a test
pub static EXPECT: Form = Form::of(
    "an expectation",
    &[&[
        Key::optional(
            "members",
            Shape::Keys,
            "Exactly these keys; or a map of segments or cases and their keys.",
        ),
        Key::optional("includes", Shape::Keys, "These keys, and maybe others."),
        Key::optional("excludes", Shape::Keys, "None of these keys."),
        Key::optional(
            "traits",
            Shape::MapOf(&Shape::MapOf(&Shape::Any)),
            "Values by key and trait: `{1: {revenue: 50}}`.",
        ),
        Key::optional(
            "cases",
            Shape::MapOf(&Shape::Any),
            "The case or arm of each key: `{1: active, 2: lapsed}`; `null` for none.",
        ),
    ]],
);
