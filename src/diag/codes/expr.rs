//! S02xx: names, functions and types in expressions.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &PATTERN,
    &SYNTAX,
    &NOT_PORTABLE,
    &TOO_LARGE,
    &BAD_LITERAL,
    &TEMPLATE,
    &NOT_ONE_QUERY,
    &UNKNOWN_COLUMN,
    &UNKNOWN_FUNCTION,
    &ARGUMENTS,
    &TYPE_MISMATCH,
    &NOT_BOOLEAN,
    &UNKNOWN_TYPE,
    &UNKNOWN_VAR,
    &CONSTANT,
    &NULL_COMPARISON,
    &AGGREGATE_HERE,
    &WINDOW,
];

pub static SYNTAX: Code = Code {
    id: "S0201",
    title: "syntax error in an expression",
    explain: "\
The text is not one SQL expression. The place marked is the first word or sign that does not fit, and the message says what
could have stood there.

    where: country in ('US', 'CA'          # the closing parenthesis is missing
    where: 10 < total < 20                 # comparisons do not chain: total between 10 and 20

Strings stand in single quotes (`'US'`), and double quotes are for names that are not plain words (`\"Order Total\"`). In YAML,
an expression that begins with a quote, or holds `: ` or ` #`, has to be quoted as a whole or written as a block (`|`).",
};

pub static NOT_PORTABLE: Code = Code {
    id: "S0202",
    title: "not in the portable subset",
    explain: "\
Expressions mean the same in every warehouse, so only SQL with one meaning is taken: operators, `case`, `cast`, the functions
of the reference, and aggregates with `filter`. Subqueries, `exists`, window functions, several statements, `*` outside
`count(*)`, array subscripts and dialect-specific operators are not.

    where: customer_id in (select customer_id from vip)        # write: in: vip
    sql: row_number() over (order by total)                    # write a trait with `rank: total`

The hint of the message names the construct that says the same thing. What a warehouse alone can compute belongs in a dbt
model, or in a `table: {sql: ...}` source.",
};

pub static TOO_LARGE: Code = Code {
    id: "S0203",
    title: "expression too large",
    explain: "\
An expression may be 64 KiB long, its parentheses 64 deep, and a chain of `+`, `||` or other operators about a hundred long;
`and`, `or` and `in (...)` lists may have thousands of members. The limits keep the compiler's own time and memory bounded
whatever it is fed.

Name parts of it as traits and use those, or put a long list of values into a file and ask for it with `in_list`.",
};

pub static BAD_LITERAL: Code = Code {
    id: "S0204",
    title: "bad literal",
    explain: "\
A number, date, time or interval does not say a value. Whole numbers have 64 bits, decimals up to 38 digits; dates are
`date '2026-01-31'`, times `timestamp '2026-01-31 09:00Z'` (with an offset: an instant; without one it is read in the project's
time zone) or `datetime '2026-01-31 09:00'` (wall clock), to the microsecond; intervals are `interval '3' day`.

    where: ordered_at >= date '2026-02-30'      # there is no such day

Intervals take one whole number and one unit: second, minute, hour, day, week, month, quarter or year.",
};

pub static TEMPLATE: Code = Code {
    id: "S0205",
    title: "template expression not understood",
    explain: "\
Between `{{` and `}}` an SQL expression may have `var('name')` and nothing else: no Jinja statements, filters, loops or macros.
The value is inserted as a literal of its type, so it needs no quotes around it and can never change the shape of the
expression.

    where: country = '{{ var('home') }}'       # the quotes are too many
    where: country = {{ var('home') }}         # right; so is: country = var('home')

`env_var()` works in segc.yml only.",
};

pub static NOT_ONE_QUERY: Code = Code {
    id: "S0206",
    title: "not one query",
    explain: "\
`table: {sql: ...}` takes exactly one query expression: a SELECT, with or without CTEs. Statements that change anything
(INSERT, UPDATE, DELETE, MERGE, CREATE, `select ... into`, also inside a CTE), several statements, and semicolons are errors, as
the text becomes a subquery of what segc runs. So are functions that change something, tell of the session or differ from run to
run (`nextval`, `getenv`, `now`, `random`), and tables that are files: `read_csv` and `read_parquet` take one constant name inside
the project's folder, and of other functions only those that make rows of their arguments may stand in the place of a table.

    table: {sql: \"select * from raw_orders where test = false\"}

Leave the semicolon away; do preparing work in dbt or in the warehouse.",
};

pub static UNKNOWN_COLUMN: Code = Code {
    id: "S0210",
    title: "unknown column",
    explain: "\
An expression, a key, a time or an `expose` names a column that its table does not have. Columns are those declared under
`columns:` and those that the warehouse or the file reports.

    traits:
      - {name: revenue, sum: orders.totl}     # orders has: order_id, customer_id, ordered_at, total

Check the spelling against the list in the message (a name is matched exactly first, then in any case). In a condition on
the entity the names are its own columns, its lookups' (`home_store.city`) and traits; in the `where` of a relation they are
the relation's own columns, its parents' (`orders.status`) and its lookups' (`product.category`). A column that exists but
is not known while offline can be declared under `columns:`.",
};

pub static UNKNOWN_FUNCTION: Code = Code {
    id: "S0211",
    title: "unknown function",
    explain: "\
The vocabulary of functions is closed, so that each has one meaning in every warehouse; this one is not in it. The message
names the nearest one, or how to say the same thing.

    where: datediff(day, ordered_at, today()) < 30      # days_since(ordered_at) < 30
    where: upper(country) = 'US'                        # fine

The reference lists all functions. Clocks such as `now()` and `current_date` are left out on purpose: a segment asks its
question at `as_of()`, and the local date then is `today()`.",
};

pub static ARGUMENTS: Code = Code {
    id: "S0212",
    title: "wrong arguments",
    explain: "\
A function has too many or too few arguments, or one that must be a plain constant is not: the unit of `date_trunc`, the digits
of `round`, the path of `json_text`, the buckets and the salt of `hash_bucket`.

    where: date_trunc(ordered_at, month) = date '2026-01-01'
    where: date_trunc('month', ordered_at) = date '2026-01-01'     # right: the unit first, as a string

The message shows how the function is written.",
};

pub static TYPE_MISMATCH: Code = Code {
    id: "S0213",
    title: "types do not fit",
    explain: "\
An operator or function is given a value of a type it does not take. Warehouses convert such values silently, each in its own
way, so segc does not: numbers compare with numbers, strings with strings, dates and times with each other.

    where: total > '500'                     # total is decimal(10,2): write 500
    where: ordered_at >= '2026-01-31'        # write date '2026-01-31'
    where: is_vip = 1                        # is_vip is boolean: write is_vip

Where the data really are text, say so: `cast(amount_text as decimal(10,2))`, or `try_cast`, which gives NULL for what is no
number. If the type in the message is not the column's, declare it under `columns:`.",
};

pub static NOT_BOOLEAN: Code = Code {
    id: "S0214",
    title: "not a condition",
    explain: "\
A condition must be true or false, and this expression is a value of another type.

    where: revenue_365d              # a number: compare it with something
    where: revenue_365d > 0

Strings and numbers are never taken for true or false.",
};

pub static UNKNOWN_TYPE: Code = Code {
    id: "S0215",
    title: "unknown type",
    explain: "\
Types are `boolean`, `int`, `float`, `decimal(p,s)`, `string`, `date`, `timestamp` (an instant), `datetime` (wall clock without
zone), `json` and `array<T>`; `decimal` alone is `decimal(38,9)`. Names of one warehouse alone are not taken, since they
mean different things elsewhere: `timestamp` of DuckDB is a `datetime` here.

    columns: {country: varchar}      # write: string",
};

pub static UNKNOWN_VAR: Code = Code {
    id: "S0216",
    title: "unknown variable",
    explain: "\
`var('x')` names a variable that is not under `vars:` in segc.yml.

    # segc.yml
    vars: {vip_spend: 500}
    # a segment
    where: revenue_365d >= var('vip_spend')

There are no default values in the expression itself: they stand in segc.yml. `--vars` gives
another value to a variable that stands there, and adds none.",
};

pub static CONSTANT: Code = Code {
    id: "S0217",
    title: "constant cannot be computed",
    explain: "\
A part of the expression that is made of constants alone is computed when compiling, and it has no value: a number too large,
a text that is not of the type it is cast to, a date outside the years 1 to 9999.

    where: total > 9223372036854775807 + 1
    where: ordered_at > cast('2026-13-01' as date)

Correct the constant.",
};

pub static NULL_COMPARISON: Code = Code {
    id: "S0218",
    title: "comparison with NULL",
    explain: "\
A comparison with NULL is NULL, and NULL counts as false: `email = null` holds for nobody, and so does `email <> null`. A NULL
in the list of a `not in` makes it hold for nobody, too.

    where: email = null           # write: email is null
    where: country not in ('US', null)",
};

pub static AGGREGATE_HERE: Code = Code {
    id: "S0219",
    title: "aggregate not allowed here",
    explain: "\
An aggregate runs over the rows of a relation and gives one value per entity. It can stand in a trait and in a condition on the
entity, but not inside another aggregate, in the `where` of a relation's rows, or in its own filter.

    where: [ {did: orders, where: total > avg(orders.total)} ]

Give the aggregate a name as a trait, and compare the traits with each other.",
};

pub static WINDOW: Code = Code {
    id: "S0220",
    title: "window does not fit",
    explain: "\
A window of time has no meaning for the column it is applied to, or can hold no row: hours on a column that has only dates, a
`between` whose farther end comes second, bounds outside the years 1 to 9999, `next` on a relation without a future.

    within: 12 hours                  # on a date column: write `within: 1 day`
    between: [90 days, 180 days]      # the farther bound first: [180 days, 90 days]
    {did: orders, next: 14 days}      # a row at or after as_of does not exist, unless `orders` declares `future: true`

On a date column windows are whole local days; the reference tells which.",
};

pub static PATTERN: Code = Code {
    id: "S0271",
    title: "no RE2 pattern",
    explain: "\
Patterns are RE2's, as DuckDB and BigQuery read them. RE2 has no look-around (`(?=…)`, `(?!…)`, `(?<=…)`), no back-references
(`\\1`), no possessive repetition and no atomic groups, so that no pattern can take for ever. Two conditions say most of
what look-around does.

    - not regexp_matches(email, '(?!.*test).*@shop')      # refused
    - email like '%@shop%' and not contains(email, 'test')",
};
