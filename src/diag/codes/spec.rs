//! S01xx: keys and values of a spec as written.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &UNKNOWN_KEY,
    &MISSING_KEY,
    &WRONG_TYPE,
    &BAD_NAME,
    &DUPLICATE_NAME,
    &NOT_YET,
    &CONFLICT,
    &UNKNOWN_CONDITION,
    &BAD_DURATION,
    &BAD_PERIOD,
    &BAD_DATE,
    &EMPTY_WINDOW,
    &BAD_TABLE,
    &TEMPLATE,
    &UNKNOWN_VAR,
    &UNSET_ENV_VAR,
    &SECRET_ELSEWHERE,
    &EMPTY_LIST,
    &IMPOSSIBLE_COUNT,
    &UNKNOWN_WORD,
    &SUPPRESS_REASON,
    &HOLDOUT_REASON,
    &UNKNOWN_TIME_ZONE,
    &BAD_VAR,
    &CUT,
    &BAD_SHARE,
    &EMPTY_SIZE,
    &TOO_MANY_SHARES,
    &BAD_RANK,
    &SEQUENCE,
];

pub static UNKNOWN_KEY: Code = Code {
    id: "S0101",
    title: "unknown key",
    explain: "\
The map has a key that means nothing here, so that part of the spec would silently not be obeyed. The
message lists the keys that may stand there, and names the one most like it.

    - name: vip
      whree: revenue_365d > 500      # did you mean `where`?",
};

pub static MISSING_KEY: Code = Code {
    id: "S0102",
    title: "missing key",
    explain: "\
The map lacks a key that it cannot be without. Add it; the hint says what it is for.

    - name: vip                      # a segment needs `where`
      title: Best customers",
};

pub static WRONG_TYPE: Code = Code {
    id: "S0103",
    title: "wrong kind of value",
    explain: "\
The value is of another kind than its key takes: a list where one text stands, a number where a text
stands, nothing at all. The message says what was expected and what was found. YAML 1.2 reads `12`, `1.5`,
`true` and `null` as what they look like, and everything else as text (`no` and `2026-01-31` included);
quotes make anything a text. What looks like a list or map in an expression needs quotes as well:

    title: 2026                      # wrong: a number
    title: \"2026\"                    # right",
};

pub static BAD_NAME: Code = Code {
    id: "S0104",
    title: "invalid name",
    explain: "\
Names of entities, traits, segments, groups, cases, relations, lookups and channels become names of
tables and columns in every warehouse. So they have lower-case letters, digits and `_`, start with a
letter, and are at most 63 characters long. What people should read goes into `title`:

    - name: winback_180d
      title: Win-back, 180 days",
};

pub static DUPLICATE_NAME: Code = Code {
    id: "S0105",
    title: "duplicate name",
    explain: "\
Two items have the same name. All spec files of a project are one namespace: a segment, trait, group or
entity needs a name that no other has, in whichever file; relations and lookups need one of their own
within their entity, cases within their group. Two different segments whose views would have the same name
(`vip__email` beside `vip` with the channel `email`) are told as well. Both places are shown: rename one.

    traits:   [{name: vip, sql: revenue_365d > 500}]
    segments: [{name: vip, where: ...}]          # name the trait `is_vip`",
};

pub static NOT_YET: Code = Code {
    id: "S0106",
    title: "not in this version yet",
    explain: "\
The spec uses a part of the language that this version of segc does not build yet. It is an error and not
a warning, because something that is written but not obeyed would be worse than
none. Leave it out, or wait for the version that has it.

    outputs: {census: true}          # segc.yml: not in this version yet",
};

pub static CONFLICT: Code = Code {
    id: "S0107",
    title: "keys that exclude each other",
    explain: "\
Two keys of one map say different things about the same: two windows, two kinds of condition in one
list item, a column twice. Keep one of them. Two conditions are two items of a list:

    - did: orders
      did_not: returns               # wrong: one item, two conditions

    - did: orders
    - did_not: returns               # right",
};

pub static UNKNOWN_CONDITION: Code = Code {
    id: "S0108",
    title: "unknown condition",
    explain: "\
The map is no condition: none of its keys names a kind. A condition is a text with a SQL expression, a
list (all of them), or a map with exactly one of `all any none not at_least at_most exactly did did_not
first_time in not_in` or an aggregate such as `count` or `sum`, along with that kind's other keys.

    - dit: orders                    # did you mean `did`?
      within: 30 days",
};

pub static BAD_DURATION: Code = Code {
    id: "S0109",
    title: "invalid duration",
    explain: "\
A duration is a whole number and a unit: seconds, minutes, hours, days, weeks, months, quarters or years
(one of them without the `s` too). Fractions are said in a smaller unit.

    within: 90                       # wrong: 90 of what?
    within: 90 days                  # right
    within: 36 hours                 # instead of 1.5 days",
};

pub static BAD_PERIOD: Code = Code {
    id: "S0110",
    title: "invalid period",
    explain: "\
`during:` takes `today`, `yesterday`, `this` or `last` with `week`, `month`, `quarter` or `year`, a year
(`2025`), a quarter (`2025-Q4`), a month (`2025-11`), or two dates that both belong to it
(`2025-11-20..2025-11-30`).

    during: last 30 days             # wrong: that is `within: 30 days`
    during: last month               # right",
};

pub static BAD_DATE: Code = Code {
    id: "S0111",
    title: "invalid date",
    explain: "\
A date is written year, month, day, all digits present, and must exist in the calendar.

    since: 01/02/2026                # wrong: January or February?
    since: 2026-02-01                # right",
};

pub static EMPTY_WINDOW: Code = Code {
    id: "S0112",
    title: "window without time in it",
    explain: "\
The window ends before it begins, or is zero long, so that no row could ever lie in it. In `between` the
farther duration comes first; `since` is before `until`; the first date of a period is not after its last.

    between: [90 days, 180 days]     # wrong
    between: [180 days, 90 days]     # right: from 180 days ago to 90 days ago",
};

pub static BAD_TABLE: Code = Code {
    id: "S0113",
    title: "invalid table",
    explain: "\
A table is named in one of these ways:

    table: ref('dim_customers')              # a dbt model
    table: source('shop', 'orders')          # a dbt source
    table: analytics.shop.orders             # a table of the warehouse
    table: file('data/orders.parquet')       # a CSV or Parquet file, from the project folder
    table: {sql: \"select ...\"}               # exactly one query

Single names go without quotes; `ref('x')` goes without `{{ }}`.",
};

pub static TEMPLATE: Code = Code {
    id: "S0114",
    title: "unreadable template",
    explain: "\
In specs `{{ var('name') }}` puts in a var of segc.yml; in segc.yml `{{ env_var('NAME') }}` puts in an
environment variable, or its second argument if that is not set. That is all: no Jinja statements, loops,
filters or macros, so that a spec says what it means without being run. In a SQL expression a var is
always a value, never a piece of SQL.

    where: revenue_365d >= {{ var('vip_spend') }}          # right
    where: \"{% if prod %} country = 'US' {% endif %}\"      # wrong",
};

pub static UNKNOWN_VAR: Code = Code {
    id: "S0115",
    title: "unknown var",
    explain: "\
A var is used, or set with `--vars`, that segc.yml does not declare. Declaring it gives it a value for
those who do not set it, and catches misspelt names.

    vars: {vip_spend: 500}                   # in segc.yml
    where: revenue_365d >= {{ var('vip_spend') }}",
};

pub static UNSET_ENV_VAR: Code = Code {
    id: "S0116",
    title: "environment variable not set",
    explain: "\
segc.yml reads an environment variable that is not set. Set it where segc runs, or give a second argument,
which is taken in its place:

    path: \"{{ env_var('SHOP_DB', 'shop.duckdb') }}\"",
};

pub static SECRET_ELSEWHERE: Code = Code {
    id: "S0125",
    title: "secret in the wrong place",
    explain: "\
An environment variable whose name begins with `DBT_ENV_SECRET` or `SEGC_ENV_SECRET` holds a secret. It may be read in a
connection (`targets:` of segc.yml) and nowhere else: everything else ends in SQL, in names, in files and in logs. What is read
there, and the values of keys such as `password` and `token`, are never printed: `«secret»` stands in their place.

    targets:
      prod: {type: duckdb, path: \"{{ env_var('SEGC_ENV_SECRET_PATH') }}\"}

Give a variable that is no secret another name.",
};

pub static EMPTY_LIST: Code = Code {
    id: "S0117",
    title: "empty list",
    explain: "\
The list has nothing in it. An empty `where` would take in every customer, an empty `any` none: neither is
what one writes on purpose. Fill it, or leave the key out where it is not needed. A segment of everybody is `where: true`.

    where: []                        # wrong
    where: true                      # everybody",
};

pub static IMPOSSIBLE_COUNT: Code = Code {
    id: "S0118",
    title: "impossible count",
    explain: "\
`at_least`, `at_most` and `exactly` count how many of the conditions under `of` hold. With a number larger
than the list the answer is the same for everybody, which is a slip.

    at_least: 4
    of: [a, b, c]                    # three conditions: never 4

`periods: 3 of 6` of a habit likewise: from 1 to as many as there are, and of 366 at most.",
};

pub static UNKNOWN_WORD: Code = Code {
    id: "S0119",
    title: "unknown word",
    explain: "\
The key takes one of a few words, and this is none of them. The message lists them.

    week_start: mon                  # monday or sunday",
};

pub static SUPPRESS_REASON: Code = Code {
    id: "S0120",
    title: "suppression switched off without a reason",
    explain: "\
`suppress: false` publishes people whom the entity says to leave alone. Someone will ask why: write it
down as `suppress_reason`, and it is in the catalog. Without `suppress: false` there is no reason to give.

    - name: deletion_queue
      suppress: false
      suppress_reason: privacy team works through it",
};

pub static HOLDOUT_REASON: Code = Code {
    id: "S0124",
    title: "holdout switched off without a reason",
    explain: "\
`holdout: false` reaches people whom the project holds out, and what campaigns do is measured less well for it. Someone will
ask why: write it down as `holdout_reason`.

    - name: order_confirmations
      channels: [email]
      holdout: false
      holdout_reason: everybody gets a confirmation",
};

pub static UNKNOWN_TIME_ZONE: Code = Code {
    id: "S0121",
    title: "unknown time zone",
    explain: "\
Time zones have their IANA names, area and city. Abbreviations such as `EST` or `CET` and offsets such as
`+02:00` do not know when the clocks change.

    time_zone: America/New_York",
};

pub static BAD_VAR: Code = Code {
    id: "S0122",
    title: "invalid var",
    explain: "\
A var is a text, a number, `true`, `false`, `null`, or a list of these. A map has no meaning in an
expression: make it several vars.

    vars:
      vip_spend: 500
      markets: [US, CA]",
};

pub static CUT: Code = Code {
    id: "S0123",
    title: "expression cut short",
    explain: "\
An expression without YAML quotes around it has an open SQL quote or parenthesis, or closes one that was
not opened. Mostly YAML has cut it: inside `[ ]` and `{ }` a comma ends a value, and a `#` after a space
begins a comment anywhere. Put quotes around the whole expression, or use a block:

    where: [store_id in (1, 2), {did: orders}]          # wrong: cut after 1
    where: [\"store_id in (1, 2)\", {did: orders}]        # right
    where:
      - store_id in (1, 2)                              # right: no brackets around it
      - did: orders",
};

pub static BAD_SHARE: Code = Code {
    id: "S0140",
    title: "invalid share",
    explain: "\
A share is a number and `%`: more than nothing, at most `100%`, with at most two decimals. Arms of a split are counted in \
ten thousandths, which every warehouse computes exactly; a finer share would be rounded somewhere.

    splits:
      - {name: winback_test, of: winback, salt: q1, arms: {treatment: 66.66%, control: 33.34%}}

Round it to hundredths of a percent.",
};

pub static EMPTY_SIZE: Code = Code {
    id: "S0141",
    title: "a size that nothing has",
    explain: "\
`size:` bounds the number of members: a build does not publish the segment beyond them. With no bound in it, or with a \
`min` above `max`, no number would be in order, and the segment would never be published.

    size: {min: 100, max: 50000, max_share: 40%}",
};

pub static TOO_MANY_SHARES: Code = Code {
    id: "S0142",
    title: "arms of more than everybody",
    explain: "\
Each member of a split's segment is in one arm at most, so the shares of the arms are 100% together, or less: the rest is \
then in no arm.

    arms: {treatment: 50%, control: 60%}      # 110%
    arms: {treatment: 50%, control: 40%}      # the other 10% are in no arm",
};

pub static BAD_RANK: Code = Code {
    id: "S0131",
    title: "a place that there is not",
    explain: "\
`top` and `bottom` take a number of people from 1 up, or a share in percent, of which the exact number is rounded up;
`ntile` takes a number of buckets from 1 up, and `quantile` a place from 0 to 1 with at most six digits after the point.

    - {top: 10%, by: revenue}        # of 31 customers the first 4
    - {bottom: 100, by: revenue}
    - {name: p90, population: {quantile: revenue, at: 0.9}}",
};

pub static SEQUENCE: Code = Code {
    id: "S0150",
    title: "steps that make no sequence",
    explain: "\
A sequence is two to twenty steps. It begins with a `did`, whose window looks back from as_of as everywhere. A later step has
no window, `within:` (counted from the row matched before it), or dates (`since`, `until`, `during`). A `did_not` between two `did`
holds for the whole time between the two rows; at the end it may say for how long.

    - sequence:
        - {did: carts, within: 30 days}
        - {did_not: orders, within: 7 days}      # nothing bought in the 7 days after the cart
        - {did_not: visits, within: 7 days}      # and no visit either

What never happened at all is a `did_not` beside the sequence, not its first step.",
};
