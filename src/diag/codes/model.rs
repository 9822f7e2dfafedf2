//! S03xx: what a spec means: entities, relations, windows, references.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &UNKNOWN_ENTITY,
    &UNKNOWN_RELATION,
    &UNKNOWN_SEGMENT,
    &UNKNOWN_PATH,
    &UNKNOWN_CHANNEL,
    &COLUMN_CLASH,
    &COLUMNS_UNKNOWN,
    &DECLARED_MISSING,
    &KEY_TYPE,
    &JOIN_TYPES,
    &OWNER_NOT_KEY,
    &TIME_TYPE,
    &NO_TIME,
    &CYCLE,
    &DUPLICATE,
    &AGGREGATE_TYPE,
    &AGGREGATE_ARGUMENT,
    &AGGREGATE_RELATION,
    &MANY_ROWS,
    &TRAIT_SIZE,
    &FILE_FORMAT,
    &RESERVED,
    &DEFAULT_VALUE,
    &UNTYPED,
    &SEGMENT_ENTITY,
    &KEY_NOT_HASHED,
    &POPULATION_GROUP,
    &UNKNOWN_LIST,
    &NO_HISTORY,
    &RENAMED_BOTH,
    &SEQUENCE_TIME,
    &SEQUENCE_SAME,
    &ANNIVERSARY,
    &NO_HOLDOUT,
    &SAME_SALT,
];

pub static UNKNOWN_ENTITY: Code = Code {
    id: "S0301",
    title: "unknown or missing entity",
    explain: "\
A trait, segment or group belongs to one entity. With one entity in the project it need not be said; with several, `entity:`
must name it; with none there is nobody to ask about.

    segments:
      - name: big_accounts
        entity: acount          # the entities are: account, customer
        where: seats > 100

Name one of the entities listed in the message, or declare the entity under `entities:` with its table and key.",
};

pub static UNKNOWN_RELATION: Code = Code {
    id: "S0302",
    title: "unknown relation",
    explain: "\
A condition, an aggregate or a `via` names a relation that the entity does not have.

    where: [ {did: order, within: 30 days} ]       # the relation is called `orders`

Relations are declared under the entity's `relations:`, each with a table, how it is joined (`on:`) and, for windows, a
time. Use one of the names listed in the message or declare the relation. A child relation's `via:` names another relation
of the same entity.",
};

pub static UNKNOWN_SEGMENT: Code = Code {
    id: "S0303",
    title: "unknown segment",
    explain: "\
`in:` and `not_in:` name a segment, or one case of a group as `group.case`.

    where: [ {in: lifecycle.lapsd} ]       # lifecycle has: new, active, lapsed, prospect

A group by itself is no condition: everybody is in one of its cases. Write the case that is meant, or a list of cases, which
means any of them.",
};

pub static UNKNOWN_PATH: Code = Code {
    id: "S0304",
    title: "unknown lookup or parent",
    explain: "\
A dotted name leads from a row to another table: a lookup (`product.category`), a lookup of a lookup
(`product.brand.country`), or, in a child relation, its parent (`orders.status`). The part before the last dot must be one
of those.

    where: prodct.category = 'shoes'       # the lookup is called `product`

Use a name listed in the message, or declare the lookup under `lookups:` of the entity or relation.",
};

pub static UNKNOWN_CHANNEL: Code = Code {
    id: "S0305",
    title: "unknown channel",
    explain: "\
A segment's `channels:` name channels of its entity. A channel says who may be reached there, as a SQL condition.

    entities:
      - name: customer
        channels: {email: email_opt_in}
    segments:
      - {name: winback, where: …, channels: [mail]}      # the channel is called `email`

Name a declared channel, or declare the new one on the entity.",
};

pub static COLUMN_CLASH: Code = Code {
    id: "S0306",
    title: "declared type does not fit the column",
    explain: "\
A column is declared with a type that cannot hold what the table has, or is declared twice with different types. The
declared type is believed when expressions are checked, so a wrong one would give wrong members without an error.

    columns: {ordered_at: date}      # the table's column is a timestamp

Declare the type that the table has, or leave the declaration out: it is then taken from the table. Wider is fine: int as
decimal or float, decimal(10,2) as decimal(18,2). A CSV file has no types of its own and is read with the declared ones.",
};

pub static COLUMNS_UNKNOWN: Code = Code {
    id: "S0307",
    title: "a table's columns are not known",
    explain: "\
Nothing is known about the columns of a table: none are declared under `columns:` and no warehouse, file or cache could be
asked. No name in it can be checked.

    entities:
      - {name: customer, table: shop.customers, key: customer_id}      # no columns, and offline

Declare the columns that the specs use, with their types, or run with a connection.",
};

pub static DECLARED_MISSING: Code = Code {
    id: "S0308",
    title: "declared column is not in the table",
    explain: "\
`columns:` declares a column that the table, as the warehouse or file reports it, does not have. A query that names it would
fail at build.

    columns: {custmer_id: int}       # the table has: customer_id, country

Correct the name or remove the declaration. A CSV whose first line names none of the declared columns has no header, it seems: the
line is somebody's row then, and is not shown.",
};

pub static KEY_TYPE: Code = Code {
    id: "S0309",
    title: "a key of a type that cannot be one",
    explain: "\
An entity's key must be of a type whose values can be compared for equality in every warehouse and published as
`entity_key`: int, decimal, string, date, timestamp or datetime. Floats are not exactly equal, booleans cannot tell rows
apart, and JSON and arrays have no common equality.

    entities:
      - {name: customer, table: customers, key: profile}      # profile is json

Choose the identifying column; if the warehouse stores it as a float, cast it in a `table: {sql: …}`.",
};

pub static JOIN_TYPES: Code = Code {
    id: "S0310",
    title: "join columns of different types",
    explain: "\
Both sides of `on:` must be of the very same type. They are never cast: `'007'` and 7 would meet or miss each other depending
on the warehouse, and people would be put into segments that are not theirs.

    relations:
      - {name: orders, table: orders, on: customer_id}     # string there, int in the entity's key

Bring one side to the other's type where the data is made, or in a `table: {sql: \"select cast(…) …\"}`.",
};

pub static OWNER_NOT_KEY: Code = Code {
    id: "S0311",
    title: "a relation is not joined to the entity's key",
    explain: "\
A relation's row belongs to the entity whose key its foreign key equals, so `on:` must pair the entity's key, and only that,
with a column of the relation.

    entities:
      - name: customer
        key: customer_id
        relations:
          - {name: visits, table: visits, on: email}      # not the key

Write `on: customer_id`, or `on: {customer_id: buyer_id}` where the relation calls it otherwise. A relation that knows only
another attribute is given the key in a `table: {sql: …}`.",
};

pub static TIME_TYPE: Code = Code {
    id: "S0312",
    title: "a time that is no date or time",
    explain: "\
`time:` of a relation must be a date, a timestamp or a datetime. It decides which rows are past at `as_of` and which lie in a
window; a string that looks like a date has no order that can be relied on.

    relations:
      - {name: orders, table: orders, on: customer_id, time: order_month}     # a string

Choose another column; where only text is stored, convert it in a `table: {sql: …}`, or, for a CSV file, declare the column as
date or timestamp.",
};

pub static NO_TIME: Code = Code {
    id: "S0313",
    title: "a relation without time where one is needed",
    explain: "\
Windows (`within`, `since`, `during` …), `first`, `last`, `first_time`, `days_since_first`, `days_since_last` and
`avg_days_between` ask when something happened, and `future: true` says that it may be still to come. The relation declares no `time:`, and neither does its parent.

    relations:
      - {name: addresses, table: addresses, on: customer_id}
    segments:
      - {name: movers, where: [ {did: addresses, within: 30 days} ]}

Declare `time:` on the relation, a column of type date, timestamp or datetime, or ask without a window.",
};

pub static CYCLE: Code = Code {
    id: "S0314",
    title: "a cycle of references",
    explain: "\
Traits, segments or relations refer to each other in a circle, so none of them can be computed first.

    segments:
      - {name: a, where: [ {in: b} ]}
      - {name: b, where: [ {not_in: a} ]}

The message prints the circle, each step with its place. Break it at one step: usually by moving what both share into a third
segment or trait that both refer to.",
};

pub static DUPLICATE: Code = Code {
    id: "S0315",
    title: "one name for two things",
    explain: "\
Two things that can stand in the same place have the same name: a trait and a column of its entity, a lookup and a relation,
or two columns of a segment's view.

    traits:
      - {name: country, sql: upper(home_country)}      # customer has a column `country`

Nothing hides anything else here; rename one of the two.",
};

pub static AGGREGATE_TYPE: Code = Code {
    id: "S0316",
    title: "an aggregate of the wrong type",
    explain: "\
`sum`, `avg`, `median` and `stddev` need numbers; `min` and `max` need something with an order (numbers, strings, dates);
`count_distinct`, `most_frequent`, `least_frequent` and `list_distinct` need values that can be compared for equality, so no
JSON and no arrays.

    traits:
      - {name: spend, sum: orders.status}        # status is a string

Choose a column of a fitting type (the message lists some), or convert it: `of: \"cast(amount_text as decimal(12,2))\"`.",
};

pub static AGGREGATE_ARGUMENT: Code = Code {
    id: "S0317",
    title: "an aggregate asked for the wrong thing",
    explain: "\
`count` and `exists` take a relation (`count: orders`, `count(orders)`); all other aggregates take one value of its rows, as
`sum: orders.total` or with `of:`, and not both. `count(*)` does not say of what.

    sql: count(*) > 3               # write count(orders) > 3
    traits: [ {name: spend, sum: orders} ]       # write sum: orders.total

Name the relation and, where one is needed, the column.",
};

pub static AGGREGATE_RELATION: Code = Code {
    id: "S0318",
    title: "an aggregate whose relation is not clear",
    explain: "\
An aggregate goes over the rows of one relation, which its argument names: `sum(orders.total)`. With no relation in the
argument, or with two that are not child and parent, it is not clear whose rows are meant.

    sql: sum(total) > 100                      # whose total? sum(orders.total)
    sql: sum(orders.total + visits.cost)       # two relations: sum each, then add

Put the relation's name before the column; aggregate each relation by itself and combine the results.",
};

pub static MANY_ROWS: Code = Code {
    id: "S0319",
    title: "a relation's column where one value is needed",
    explain: "\
A condition on the entity names a column of a relation, but an entity has many rows there and it is not said which one counts.

    where: orders.total > 100

Say it with an aggregate, `max(orders.total) > 100`, or with a row that must exist:

    where: [ {did: orders, where: total > 100} ]",
};

pub static TRAIT_SIZE: Code = Code {
    id: "S0320",
    title: "an expression too large",
    explain: "\
Traits are put in where they are named. Traits that name others several times each grow with every level (doubling ten times is
a thousandfold), and the expression is now larger than 10,000 parts.

    traits:
      - {name: t1, sql: t0 + t0}
      - {name: t2, sql: t1 + t1}      # …

Name each trait once where possible, or compute the intermediate value in a model upstream.",
};

pub static FILE_FORMAT: Code = Code {
    id: "S0321",
    title: "a file of an unknown format",
    explain: "\
`file('…')` reads CSV (`.csv`, `.csv.gz`) and Parquet (`.parquet`), told by the end of the name.

    table: file('data/customers.xlsx')

Export the data in one of these formats.",
};

pub static RESERVED: Code = Code {
    id: "S0322",
    title: "a name that segc's own columns have",
    explain: "\
The published tables have columns of their own: `entity_key`, `as_of` and `run_id` beside the traits, the key and `since` in a
segment's view. Nothing else in the same table can have such a name.

    traits:
      - {name: as_of, max: orders.ordered_at}

Choose another name.",
};

pub static DEFAULT_VALUE: Code = Code {
    id: "S0323",
    title: "a default that is no constant",
    explain: "\
`default:` of a trait takes the place of NULL. It is a constant of the trait's type: a literal, or what folds to one, such as
`as_of()` or `var('x')`.

    traits:
      - {name: last_channel, last: orders.channel, default: country}

Write a literal (`default: \"'none'\"`, with the inner quotes for a string); to fall back on another column, use
`sql: coalesce(x, country)` in a second trait.",
};

pub static UNTYPED: Code = Code {
    id: "S0324",
    title: "a trait without a type",
    explain: "\
A trait becomes a column, and a column has a type. The literal `null` alone has none.

    traits:
      - {name: nickname, sql: \"null\"}

Say which type is meant: `cast(null as string)`.",
};

pub static SEGMENT_ENTITY: Code = Code {
    id: "S0325",
    title: "a segment of another entity",
    explain: "\
`in:` asks about the same entity row as the segment itself, unless a relation leads to the other entity: one that says
`entity: account`, and `to:` with the column that holds the account's key if that has another name. Where several relations
lead there, or one leads back to the same entity, `over:` says which.

    segments:
      - {name: big_accounts, entity: account, where: seats > 100}
      - {name: vips, entity: customer, where: [ {in: big_accounts} ]}

Give a relation of `customer` `entity: account`, and name it: `{in: big_accounts, over: memberships}`. Where each customer has
one account, a lookup asks the same: `account.seats > 100`.",
};

pub static KEY_NOT_HASHED: Code = Code {
    id: "S0340",
    title: "a key that cannot be drawn by lot",
    explain: "\
Who is in which arm of a split is decided by a hash of the key's text and the salt. Whole numbers and strings have one text \
everywhere; a decimal, a date or an instant is written in as many ways as there are warehouses, so the same customer would \
be in one arm here and in another there.

    entities:
      - {name: visit, table: visits, key: started_at}      # a timestamp

Give the entity a key of type int or string.",
};

pub static POPULATION_GROUP: Code = Code {
    id: "S0331",
    title: "a value that cannot name groups",
    explain: "\
`per` ranks each group by itself, and a group is named by a value that several people share: a country, a store, a \
year. A float (`/` gives one, and `floor` keeps it) is hardly ever the same for two people, warehouses refuse to group by one, and a json or an array \
cannot be compared at all.

    - {name: store_rank, rank: revenue, per: store_id}
    - {name: age_rank, rank: revenue, per: cast(floor(age / 10) as int)}",
};

pub static UNKNOWN_LIST: Code = Code {
    id: "S0341",
    title: "unknown list",
    explain: "\
`in_list:` names one of the project's `lists:`, each a file with keys of one entity. A list of another entity holds other \
keys, and comparing these would be right by accident at best.

    lists:
      - {name: press, file: lists/press.csv, key: customer_id}
    segments:
      - {name: journalists, where: [ {in_list: press} ]}",
};

pub static NO_HISTORY: Code = Code {
    id: "S0342",
    title: "history is not kept",
    explain: "\
`entered`, `exited` and `member_for` ask what earlier builds have published, and that stands in the history of stays. With \
`outputs: {history: false}` none is kept, so the answer would be nobody, for ever.

    outputs: {schema: segments, history: false}

Remove `history: false`. History begins with the next build.",
};

pub static RENAMED_BOTH: Code = Code {
    id: "S0343",
    title: "a former name that is in use",
    explain: "\
`renamed_from:` carries the members and the history of a former name over to the new one. While the project still has \
something of the former name, or two items claim it, it is not clear whose history that is.

    segments:
      - {name: vip, where: revenue > 500}
      - {name: best_customers, renamed_from: vip, where: revenue > 500}

Remove the item of the former name. For a copy with a history of its own, leave `renamed_from` out.",
};

pub static SEQUENCE_TIME: Code = Code {
    id: "S0350",
    title: "steps with different kinds of time",
    explain: "\
The steps of a sequence are put in order by time, so the times of their relations have to be comparable: all dates, all timestamps,
or all datetimes read in one zone. Whether a date comes before or after an hour of the same day is not known.

    - sequence:
        - {did: visits}       # visited_on is a date
        - {did: orders}       # ordered_at is a timestamp

Bring one to the other's type where the table is made, as in a dbt model: make the date of the timestamp in the project's zone, or an
order of the evening is counted to the next day.

    BigQuery     date(ordered_at, 'America/New_York')
    Snowflake    convert_timezone('America/New_York', ordered_at)::date
    DuckDB       cast(ordered_at at time zone 'America/New_York' as date)

`table: {sql: …}` does it on BigQuery and Snowflake, too. DuckDB needs its extension ICU for this, which is not in segc.",
};

pub static SEQUENCE_SAME: Code = Code {
    id: "S0351",
    title: "`same` is not of one type",
    explain: "\
`same:` is a column, or an expression over a row, that has to be equal and not null in all steps of a sequence, those under
`did_not` included. Each step's relation must have it, in one type that can be compared, and that is no float.

    - sequence:
        - {did: carts}                  # product_id is an int
        - {did: purchases}              # product_id is a string
      same: product_id

Cast one of the columns where its table is declared, with `table: {sql: \"select …\"}`.",
};

pub static ANNIVERSARY: Code = Code {
    id: "S0352",
    title: "not an anniversary",
    explain: "\
`anniversary:` takes a date of the entity (of a timestamp or datetime the local date counts) and a window shorter than a year,
in which its month and day have to fall. In a window of a year every day falls, and one with no beginning or no end is longer
than that, so the condition would be true of everybody who has a date.

    - {anniversary: birth_date, next: 7 days}
    - {anniversary: birth_date, during: this month}

Write a shorter window. Whether there is a date at all is `birth_date is not null`.",
};

pub static NO_HOLDOUT: Code = Code {
    id: "S0353",
    title: "no holdout",
    explain: "\
A segment asks for the project's holdout to be left out, and the project holds out nobody of its entity: everybody would be
reached.

    # segc.yml
    holdout: {share: 5%, salt: holdout-2026}

    segments:
      - {name: newsletter, where: true, holdout: true}

Add `holdout:` to segc.yml, or name the right `entity:` in it. A segment with channels leaves the holdout out by itself.",
};

pub static SAME_SALT: Code = Code {
    id: "S0354",
    title: "a split with the holdout's salt",
    explain: "\
Lots depend on the key and the salt alone. A split with the salt of the project's holdout draws the same lots: the people held
out are the first of its first arm, so that arm alone would lose them, and the arms could not be compared.

    # segc.yml
    holdout: {share: 5%, salt: q1}

    splits:
      - {name: winback_test, of: winback, salt: q1, arms: {a: 50%, b: 50%}}    # give it a salt of its own

Give every split, and the holdout, a salt of its own.",
};
