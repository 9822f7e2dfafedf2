//! S08xx: lints. What is allowed by the language and seldom meant; each has a level that segc.yml can change.
//!
//! The rules are in `crate::lint`; this is the one list of their names, codes and levels.

use crate::diag::Code;

/// A lint, by the name that `allow:` and segc.yml call it by: that of its code, in lower case.
#[derive(Debug)]
pub struct Lint {
    pub name: &'static str,
    pub code: &'static Code,
    /// Unless segc.yml says otherwise.
    pub level: Level,
}

/// What becomes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Counted by `segc check`, and not shown.
    Allow,
    Warn,
    /// An error: nothing is compiled or built.
    Deny,
}

impl Level {
    /// As segc.yml spells them.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("allow", Self::Allow),
        ("warn", Self::Warn),
        ("deny", Self::Deny),
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

const fn lint(name: &'static str, code: &'static Code, level: Level) -> Lint {
    Lint { name, code, level }
}

/// All lints, by number.
pub static LINTS: &[Lint] = &[
    lint("contradiction", &CONTRADICTION, Level::Warn),
    lint("always_true", &ALWAYS_TRUE, Level::Warn),
    lint("shadowed_case", &SHADOWED_CASE, Level::Warn),
    lint("duplicate_condition", &DUPLICATE_CONDITION, Level::Warn),
    lint("null_drops_out", &NULL_DROPS_OUT, Level::Warn),
    lint("null_drops_rows", &NULL_DROPS_ROWS, Level::Allow),
    lint("window_beyond_data", &WINDOW_BEYOND_DATA, Level::Warn),
    lint("unused_trait", &UNUSED_TRAIT, Level::Allow),
    lint("unused_list", &UNUSED_LIST, Level::Warn),
    lint("unused_relation", &UNUSED_RELATION, Level::Allow),
    lint("unused_lookup", &UNUSED_LOOKUP, Level::Allow),
    lint("no_description", &NO_DESCRIPTION, Level::Allow),
    lint("no_owner", &NO_OWNER, Level::Allow),
    lint("no_action", &NO_ACTION, Level::Allow),
    lint("no_test", &NO_TEST, Level::Allow),
    lint("review_overdue", &REVIEW_OVERDUE, Level::Warn),
    lint("expired", &EXPIRED, Level::Warn),
    lint("no_suppression", &NO_SUPPRESSION, Level::Warn),
    lint("top_without_among", &TOP_WITHOUT_AMONG, Level::Warn),
    lint("float_equality", &FLOAT_EQUALITY, Level::Warn),
    lint("disabled_reference", &DISABLED_REFERENCE, Level::Warn),
    lint("same_segment", &SAME_SEGMENT, Level::Warn),
    lint("unused_allow", &UNUSED_ALLOW, Level::Warn),
];

/// The lint of a name or a code.
#[must_use]
pub fn find(name: &str) -> Option<&'static Lint> {
    LINTS
        .iter()
        .find(|l| l.name == name || l.code.id.eq_ignore_ascii_case(name))
}

/// What `allow:` may name, for editors.
pub static NAMES: &[&str] = &[
    "contradiction",
    "always_true",
    "shadowed_case",
    "duplicate_condition",
    "null_drops_out",
    "null_drops_rows",
    "window_beyond_data",
    "unused_trait",
    "unused_list",
    "unused_relation",
    "unused_lookup",
    "no_description",
    "no_owner",
    "no_action",
    "no_test",
    "review_overdue",
    "expired",
    "no_suppression",
    "top_without_among",
    "float_equality",
    "disabled_reference",
    "same_segment",
    "unused_allow",
];

pub static ALL: &[&Code] = &[
    &CONTRADICTION,
    &ALWAYS_TRUE,
    &SHADOWED_CASE,
    &DUPLICATE_CONDITION,
    &NULL_DROPS_OUT,
    &NULL_DROPS_ROWS,
    &WINDOW_BEYOND_DATA,
    &UNUSED_TRAIT,
    &UNUSED_LIST,
    &UNUSED_RELATION,
    &UNUSED_LOOKUP,
    &NO_DESCRIPTION,
    &NO_OWNER,
    &NO_ACTION,
    &NO_TEST,
    &REVIEW_OVERDUE,
    &EXPIRED,
    &NO_SUPPRESSION,
    &TOP_WITHOUT_AMONG,
    &FLOAT_EQUALITY,
    &DISABLED_REFERENCE,
    &SAME_SEGMENT,
    &UNUSED_ALLOW,
];

pub static CONTRADICTION: Code = Code {
    id: "S0801",
    title: "a condition that nobody can meet",
    explain: "\
Conditions that must hold together exclude each other, so the whole is false for everybody: the segment is empty, or an
alternative of `any` is dead.

    where: [ total_spend > 500, total_spend < 300 ]
    where: [ {did: orders, within: 30 days}, {did_not: orders, within: 90 days} ]

segc reasons about comparisons of one value with literals, about NULL, about yes-or-no values, and about rows: whoever did
something in 30 days did it in 90. It follows references into other segments. What it cannot decide it does not report.

Correct the bound, or put the two into `any:` if either is enough.",
};

pub static ALWAYS_TRUE: Code = Code {
    id: "S0802",
    title: "a condition that everybody meets",
    explain: "\
A condition is true for every row of the entity table, NULLs included, so it selects nothing: usually a bound or an `or` is not
what was meant.

    where: [ count(orders) >= 0 ]
    where: [ country <> 'US' or country <> 'CA' or country is null ]

`where: true` says \"everybody\" on purpose and is not reported. Correct the condition, or remove it.",
};

pub static SHADOWED_CASE: Code = Code {
    id: "S0803",
    title: "a case of a group that nobody reaches",
    explain: "\
The cases of a group are tried in order and the first that holds wins. Everybody who meets this case has met an earlier one, so it
stays empty.

    cases:
      - {name: active, where: {did: orders, within: 90 days}}
      - {name: new, where: {did: orders, within: 30 days}}      # all of them are active already

Move the narrower case up. An `otherwise` that the cases leave nobody for is not reported: it does no harm.",
};

pub static DUPLICATE_CONDITION: Code = Code {
    id: "S0804",
    title: "the same condition twice",
    explain: "\
Two conditions beside each other ask the very same thing, however they are written. The second changes nothing, so one of them is
probably not what was meant.

    where: [ {did: orders, within: 90 days}, \"count(orders) filter (where channel = 'web') > 2\", {did: orders, within: 90 days} ]

Remove one, or correct it.",
};

pub static NULL_DROPS_OUT: Code = Code {
    id: "S0805",
    title: "a comparison that silently leaves out who has no value",
    explain: "\
`country <> 'US'` is not true where country is NULL: people without a country are left out, and nothing shows it. The same
holds for `not in`, `not like`, `not between` and a `not` inside an expression. Only the entity's key is known to have no NULL; every
other column may have some.

    where: [ country <> 'US' ]

Say what is meant: `country is distinct from 'US'` (or `not: country = 'US'`) keeps those without a value, `country is not
null` beside it leaves them out for everybody to see. The lint is silent where the same item asks about NULL in that column, for
measures (no orders, no last channel: rarely a surprise), and, as `null_drops_rows`, off for the rows of relations.",
};

pub static NULL_DROPS_ROWS: Code = Code {
    id: "S0806",
    title: "a filter of rows that silently leaves out those without a value",
    explain: "\
As `null_drops_out`, for the rows of relations: with `where: status <> 'cancelled'` an order whose status is NULL does not count. Nearly
every project has such filters, and the tables of orders and events they read mostly have no NULL there, so the lint is off unless
segc.yml turns it on:

    lints: {null_drops_rows: warn}

Write `status is distinct from 'cancelled'` to keep rows without a value, or `status is not null` beside it.",
};

pub static WINDOW_BEYOND_DATA: Code = Code {
    id: "S0807",
    title: "a window longer than the data are kept",
    explain: "\
A relation says with `kept_for` how far back its rows go, and a window reaches farther back than that. The answer would change
whenever old rows are deleted: `did_not: visits, within: 2 years` means nothing on a table that holds one year.

    relations:
      - {name: visits, table: visits, on: customer_id, time: at, kept_for: 13 months}
    segments:
      - {name: asleep, where: {did_not: visits, within: 2 years}}

Shorten the window, or correct `kept_for`.",
};

pub static UNUSED_TRAIT: Code = Code {
    id: "S0808",
    title: "a trait that nothing uses",
    explain: "\
No segment, group, other trait, suppression, channel or `expose` names the trait. It is computed and published in the traits table
all the same, which may be its purpose, so the lint is off unless segc.yml turns it on:

    lints: {unused_trait: warn}

Remove the trait, or say on it why it stays: `allow: [{lint: unused_trait, reason: read by the newsletter}]`.",
};

pub static UNUSED_LIST: Code = Code {
    id: "S0809",
    title: "a list that nothing uses",
    explain: "\
No condition names the list (`in_list`), so its file is kept, and perhaps updated, for nothing: people who are put on it are
neither included nor left out anywhere.

Name it in a condition, or remove it.",
};

pub static UNUSED_RELATION: Code = Code {
    id: "S0810",
    title: "a relation that nothing uses",
    explain: "\
No condition and no trait asks about the relation, or about a relation below it. It costs nothing, and may be there for the next
segment, so the lint is off unless segc.yml turns it on:

    lints: {unused_relation: warn}",
};

pub static UNUSED_LOOKUP: Code = Code {
    id: "S0811",
    title: "a lookup that nothing uses",
    explain: "\
No expression names a column of the lookup. It costs nothing, and may be there for the next segment, so the lint is off unless segc.yml
turns it on:

    lints: {unused_lookup: warn}",
};

pub static NO_DESCRIPTION: Code = Code {
    id: "S0812",
    title: "no description",
    explain: "\
A segment, group or trait without `description:` has to be understood from its conditions by whoever is about to use it. The lint
is off unless segc.yml turns it on; `segc check` counts what it would find.

    lints: {no_description: warn}",
};

pub static NO_OWNER: Code = Code {
    id: "S0813",
    title: "no owner",
    explain: "\
A segment or group without `owner:` has nobody who answers for it. The lint is off unless segc.yml turns it on; `segc check` counts
what it would find.

    lints: {no_owner: warn}",
};

pub static NO_ACTION: Code = Code {
    id: "S0814",
    title: "no action",
    explain: "\
A segment or group without `action:` does not say what is done with its members: a segment that nothing is done with is not worth
its upkeep. The lint is off unless segc.yml turns it on; `segc check` counts what it would find.

    lints: {no_action: warn}",
};

pub static NO_TEST: Code = Code {
    id: "S0815",
    title: "no test",
    explain: "\
No test names the segment or group, so nothing shows that it means what its author thinks. The lint is off unless segc.yml turns
it on; `segc check` counts what it would find.

    lints: {no_test: warn}",
};

pub static REVIEW_OVERDUE: Code = Code {
    id: "S0816",
    title: "a review that is overdue",
    explain: "\
The segment says `review_every`, and as of `as_of` the last review (`reviewed_on`) is longer ago than that, or was never written
down. Segments outlive the campaigns, prices and products they were made for.

    review_every: 6 months
    reviewed_on: 2025-01-15

Look at it again, and write down today's date, or remove it.",
};

pub static EXPIRED: Code = Code {
    id: "S0817",
    title: "a segment past its last day",
    explain: "\
`expires_on` is not later than the day of `as_of`: the segment is no longer wanted, but still here.

    expires_on: 2025-12-31

Remove it (its history stays), set `enabled: false`, or move the date.",
};

pub static NO_SUPPRESSION: Code = Code {
    id: "S0818",
    title: "a channel without suppression",
    explain: "\
The segment is meant for a channel, and its entity suppresses nobody: opt-outs, deleted accounts and test customers would be
written to.

    segments:
      - {name: winback, where: …, channels: [email]}
    entities:
      - {name: customer, table: customers, key: customer_id, channels: {email: email is not null}}      # no suppress

Say on the entity who must never be published, under `suppress:`. A segment that is right without says `suppress: false` with
its `suppress_reason`.",
};

pub static TOP_WITHOUT_AMONG: Code = Code {
    id: "S0819",
    title: "a share of everybody, of a value that most have as zero",
    explain: "\
`top: 10%` takes a tenth of the whole population. A count or a sum is 0 for everybody without rows, so where fewer than that
bought anything, the rest of the top are people who never did, chosen by their key.

    - {top: 10%, by: revenue_365d}

Say among whom: `among: revenue_365d > 0`.",
};

pub static FLOAT_EQUALITY: Code = Code {
    id: "S0820",
    title: "floats compared for equality",
    explain: "\
A computed float is seldom exactly the number it is compared with: 0.1 + 0.2 is not 0.3, and a sum of floats depends on the order of its
rows, so members could differ from run to run.

    where: [ avg(orders.total) = 49.9 ]

Compare with a range (`between 49.895 and 49.905`), or round: `cast(round(avg(orders.total), 2) as decimal(12,2)) = 49.9`. Comparisons
with 0, and of plain columns with whole numbers, are exact and not reported.",
};

pub static DISABLED_REFERENCE: Code = Code {
    id: "S0821",
    title: "a reference to a disabled segment",
    explain: "\
A condition names a segment that is `enabled: false`, or whose `expires_on` is over. References inline the definition, so the
condition still works; but whoever disabled the segment may not know that it lives on here.

    segments:
      - {name: vip, where: spend > 500, enabled: false}
      - {name: vip_de, where: [ {in: vip}, country = 'DE' ]}

Enable it (move its `expires_on`), or write here what is meant.",
};

pub static SAME_SEGMENT: Code = Code {
    id: "S0822",
    title: "a segment identical to another",
    explain: "\
Two segments of an entity ask exactly the same question, and so have the same members. One is usually an edited copy whose edit
was forgotten; and two names for one audience make two e-mails.

Correct one or remove it. If both are meant, let one refer to the other: `where: {in: vip}`.",
};

pub static UNUSED_ALLOW: Code = Code {
    id: "S0823",
    title: "an `allow` that silences nothing",
    explain: "\
The item allows a lint that finds nothing in it. The reason for it is gone, or the name is not the one that was meant.

    allow: [{lint: contradiction, reason: the campaign is paused}]      # no contradiction here

Remove the entry.",
};
