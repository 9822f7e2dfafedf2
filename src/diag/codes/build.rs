//! S06xx: checks of the data, publication, connections.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &KEY_IS_NULL,
    &KEY_IS_DUPLICATED,
    &KEY_TYPE_CHANGED,
    &OUTPUT_NAME_TWICE,
    &AS_OF_IN_THE_FUTURE,
    &AS_OF_NOT_LATER,
    &SCHEMA_BELONGS_TO_OTHERS,
    &CONTRACT_IS_NEWER,
    &FILE_OUTSIDE_PROJECT,
    &FILE_NOT_FOUND,
    &TABLE_NOT_FOUND,
    &FILE_IN_TWO_PLACES,
    &LOOKUP_NOT_UNIQUE,
    &TIME_IS_NULL,
    &ROWS_UNREADABLE,
    &NOT_COMPUTED,
    &NAME_HAS_A_PAST,
    &SEEMS_RENAMED,
    &RENAMED_FROM_NOTHING,
    &VALUES_CHANGED,
    &SUPPRESSION_UNSURE,
    &LIST_KEY_IS_NULL,
    &GUARD,
    &SOURCE_SHRUNK,
    &FILE_MOVED,
];

pub static KEY_IS_NULL: Code = Code {
    id: "S0601",
    title: "entity rows without a key",
    explain: "\
Every row of an entity's table is one entity, and its key is how everybody knows it: members are published by key. A \
row whose key is NULL is nobody, so it cannot be a member of anything, and most often it is a sign of a broken load. \
The build stops before it publishes anything; what was published before stays.

    entities:
      - name: customer
        table: customers          # 3 rows have no customer_id
        key: customer_id

Repair the table, or leave such rows out where the entity is declared:

        table: {sql: \"select * from customers where customer_id is not null\"}",
};

pub static KEY_IS_DUPLICATED: Code = Code {
    id: "S0602",
    title: "entity key not unique",
    explain: "\
An entity's table holds each entity once. Where a key occurs in two rows, one customer would be asked twice, with two \
answers, and counts and sums would double. The build stops before it publishes anything. A common cause is a versioned \
table (a row per customer and period) or a join that multiplies rows.

    entities:
      - name: customer
        table: customer_versions  # customer_id 17 has two rows
        key: customer_id

Point `table:` at a table with a row per entity, or select the current row:

        table: {sql: \"select * from customer_versions where is_current\"}",
};

pub static KEY_TYPE_CHANGED: Code = Code {
    id: "S0603",
    title: "type of an entity's key changed",
    explain: "\
The tables of members and their history hold keys of exactly the type that the entity's key had when they were made. \
Now the key has another type. Comparing the two would need a cast, and casts make wrong answers without an error: \
'003' and 3 are the same after one cast and different after another, so everybody might leave and enter again, or \
worse, nobody be suppressed.

    customer_members.entity_key is BIGINT, the key of `customer` now is VARCHAR

Give the source its former type back. If the change is meant, publish under another `outputs: {schema: …}` (or \
`prefix:`), move your readers over, and drop the old tables: history starts anew there.",
};

pub static OUTPUT_NAME_TWICE: Code = Code {
    id: "S0604",
    title: "two outputs of one name",
    explain: "\
Two things that this project publishes would have the same name. A case `email` of a group `vip` is published as \
`seg_vip__email`, and so are the members of a segment `vip` that can be reached on a channel `email`. Likewise a \
segment's table cannot hold two columns of one name, nor a column called `since`, which says since when somebody is a \
member.

    segments:
      - {name: lifecycle__new, …}      # seg_lifecycle__new
    groups:
      - name: lifecycle
        cases: [{name: new, …}]        # seg_lifecycle__new, too

Most of these are told as soon as the spec is read, as S0105 or S0322; this one looks at all names once more before a build. \
Rename one of the two. For an exposed column, expose a trait that has the same value under another name.",
};

pub static AS_OF_IN_THE_FUTURE: Code = Code {
    id: "S0605",
    title: "as_of in the future",
    explain: "\
A segment is a question about the past, asked as of one instant. As of an instant that has not come yet, rows that are \
still to arrive would belong to the answer, so what is published now would be wrong later.

Where it is read, that is S0413; a build looks at the clock once more as it begins, for it may have been set back meanwhile:

    segc build --as-of 2031-01-01      # S0413: today is 2026-03-01

Leave `--as-of` out (the default is now), or give an instant that has passed.",
};

pub static AS_OF_NOT_LATER: Code = Code {
    id: "S0606",
    title: "as_of not after the last published one",
    explain: "\
The history of members is a chain of stays, each from one published `as_of` to another. A build as of the same instant \
as the last one, or an earlier one, would have to change what history already says, so it is refused. The one exception: \
with the same `as_of` and unchanged definitions there is nothing to do, and the build says so.

    last published: 2026-02-01 00:00     this build: 2026-02-01 00:00, and `vip` has changed

Build as of a later instant (`--as-of now`). With `as_of: today` that is tomorrow, or `--as-of now` once. A segment \
that was never published has no such bound: `--select` it.",
};

pub static SCHEMA_BELONGS_TO_OTHERS: Code = Code {
    id: "S0607",
    title: "output schema of another project",
    explain: "\
The output schema holds the tables of another segc project. Two projects in one schema would each take the other's \
segments for removed ones and empty them, so the second is refused.

    outputs: {schema: segments}        # its segc_state says: project `shop`

Give this project its own schema, or its own prefix in the same one: `outputs: {schema: segments, prefix: b2b_}`. If \
you have renamed your project, say so in the warehouse, once: `update segments.segc_state set project = 'new_name'`.",
};

pub static CONTRACT_IS_NEWER: Code = Code {
    id: "S0608",
    title: "tables of a newer segc",
    explain: "\
The published tables were last written by a newer segc, under a newer version of the contract (`contract_version` in \
segc_state). This version does not know what that one promises, and might break it.

    segc_state.contract_version is 2, this segc writes 1

Use the newer segc everywhere that publishes to this schema.",
};

pub static FILE_OUTSIDE_PROJECT: Code = Code {
    id: "S0609",
    title: "file outside the project",
    explain: "\
`file()` reads data that belongs to the project: a path relative to the folder of segc.yml, with neither `..` nor a \
leading `/`, and no link that leads out of the folder. Specs are reviewed like code and run on other people's machines; \
they shall not be able to read `/etc/passwd` there.

    table: file('../customers.csv')
    table: file('/home/me/customers.csv')

Copy or move the file into the project: `table: file('data/customers.csv')`. Patterns (`data/*.csv`) and addresses \
(`s3://…`) are not in this version yet: make a table of them and name that.\n\n\
SQL is held to the same: the engine opens no file but the project's (and its dbt project's), whatever a query or a view of the \
database names. Views over files elsewhere need the folder in the target: `read_from: [../lake]`.",
};

pub static FILE_NOT_FOUND: Code = Code {
    id: "S0610",
    title: "file not found",
    explain: "\
There is no such file in the project, or it cannot be read as the CSV or Parquet file that its name says it is. Paths \
are relative to the folder of segc.yml.

    table: file('data/customer.csv')   # the file is data/customers.csv

Correct the path or put the file there.",
};

pub static TABLE_NOT_FOUND: Code = Code {
    id: "S0611",
    title: "table not found",
    explain: "\
The warehouse has no table or view of this name, or refuses to describe it; its own words are in the message. Names \
are looked up from the target's database: a table in another schema is written with it.

    table: customers                   # the table is crm.customers

Correct the name (`table: crm.customers`), or check that the target is the right one with `segc debug`.",
};

pub static FILE_IN_TWO_PLACES: Code = Code {
    id: "S0612",
    title: "file found in two places",
    explain: "\
A relative `file()` belongs to the project's folder, but a file of the same path also exists in the folder in which \
segc was started, and the engine would read that one. 

    cd /tmp && segc build --project-dir /home/me/shop    # and there is a /tmp/data/orders.csv

Start segc in the project's folder.",
};

pub static LOOKUP_NOT_UNIQUE: Code = Code {
    id: "S0613",
    title: "lookup matches several rows",
    explain: "\
A lookup is many-to-one: each row finds at most one row in the table it looks up in. Where the looked-up table has the \
same key twice, every row that finds it would be doubled, and counts and sums with it, without anybody noticing. So the \
build checks, and stops before it publishes anything.

    lookups:
      - {name: product, table: products, on: product_id}   # product_id 7 has two rows

Look up in a table with one row per key: `table: {sql: \"select * from products where is_current\"}`. Where there truly \
are several rows, it is a relation, not a lookup.",
};

pub static TIME_IS_NULL: Code = Code {
    id: "S0614",
    title: "rows without a time",
    explain: "\
A relation with a `time` is asked about its past: rows whose time lies before `as_of`. A row whose time is NULL lies \
nowhere, so it counts for nobody, in no window. That may be meant (an order that was never placed), or a sign of a \
broken load; the build goes on and says how many there are.

    relations:
      - name: orders
        time: ordered_at        # NULL in 12 rows

To make it explicit, and the warning go away, leave them out: `where: ordered_at is not null`.",
};

pub static ROWS_UNREADABLE: Code = Code {
    id: "S0615",
    title: "rows of a source cannot be read",
    explain: "\
The source is there and has the columns, but the warehouse cannot read one of its rows: a value is not of the type \
that is declared for the column, a line of a CSV file has more columns than its header, or fewer, or a quote that does not end, or the query of a `{sql: …}` fails on the \
data. The build stops before it publishes anything; the warehouse's own words, with the line, are in the message.

    columns: {customer_id: int}        # line 17 of data/customers.csv has `n/a` there

Correct the row. If such values are legal, declare the type that all of them have (`customer_id: string`), or clean \
them in a query:

    table: {sql: \"select try_cast(amount as decimal(12,2)) as amount, … from raw_orders\"}

A key must be left out where it does not convert (`where try_cast(customer_id as bigint) is not null`); `int` of segc is `bigint` \
in SQL. Of a CSV file, DuckDB casts a bare column while it reads, and fails there: read texts, and cast an expression.

    table: {sql: \"select try_cast(trim(amount) as decimal(12,2)) as amount, … from read_csv('data/orders.csv', all_varchar = true, comment = '')\"}",
};

pub static NOT_COMPUTED: Code = Code {
    id: "S0616",
    title: "an expression fails on the data",
    explain: "\
The sources can be read, but an expression of this trait or segment, or of who is suppressed or can be reached, fails on a value in them: \
a text that is no number under `cast`, a number too large for its type. The build stops before it publishes anything, because a condition that \
fails for one customer has no answer for any; the warehouse's own words are in the message.

    segments:
      - {name: grown_up, where: cast(age_text as int) >= 18}     # somebody's age_text is `unknown`

Say what such a value means. NULL, which makes the condition false, is `try_cast(age_text as int) >= 18`.",
};

pub static NAME_HAS_A_PAST: Code = Code {
    id: "S0617",
    title: "the new name has a history of its own",
    explain: "\
`renamed_from:` carries members and history over to the new name. Another segment is published under that name, or was \
and is retired: its stays are still there, and two segments cannot have one history.

    segments:
      - {name: vip, renamed_from: best, where: revenue > 500}     # `vip` was something else until May

Choose a name that was never used. Or leave `renamed_from` out: then everybody enters `vip` anew, and `best` is retired. If \
nobody needs the past of the retired segment any more, `segc prune --history` erases it. Back to a former name is no trouble: \
its history has moved away with the members.",
};

pub static SEEMS_RENAMED: Code = Code {
    id: "S0618",
    title: "a segment that seems to be renamed",
    explain: "\
A published segment has left the project, and a new one of the same entity has exactly its definition. Without \
`renamed_from` these are two segments: everybody exits the one and enters the other, with a new `since` and a history that \
begins today. Tools that send something to whoever enters will send it to all of them.

    segments:
      - {name: best_customers, where: revenue > 500}     # was `vip`

If it is the same segment, say so: `renamed_from: vip`. If it is not, nothing needs to be done; the next build does not ask again.",
};

pub static RENAMED_FROM_NOTHING: Code = Code {
    id: "S0619",
    title: "a former name under which nothing was published",
    explain: "\
`renamed_from` names what a segment was published as. The schema has segments of this entity, and none of that name: so there is \
nothing to go on with, and everybody enters the segment anew. Most often the name is misspelled.

    segments:
      - {name: best_customers, where: revenue > 500, renamed_from: vpi}     # `vip` was meant

Write the name as it was. In a schema that was first built after the segment was renamed nothing needs to be done; the next build \
does not ask again.",
};

pub static VALUES_CHANGED: Code = Code {
    id: "S0620",
    title: "values that a declared type would change",
    explain: "\
A CSV file holds texts, and a declared type says how they are read. Where the type cannot hold what is written, DuckDB does not \
fail: of 1.5 it makes the int 2, of 10.005 a decimal(12,2) that is 10.01, of `2026-04-03 18:30` a date without its time. A key \
that is changed so is another customer's. So nothing is read while there is such a value; the message has the first one's line \
and its form, digits written as `#`.

    columns: {customer_id: int, amount: decimal(12,2)}
    # customer_id,amount
    # 4.91701E+11,10.005

An exponent in a column of whole numbers is what a spreadsheet makes of a long number, whose last digits are lost: `1e3` is none. \
Nor is `0x10`, or `1_000`. Leading zeros, blanks around a number and zeros behind its point (`1.00`) change nothing.

A day is written year first, `2026-04-03`: of `03/04/2026` DuckDB guesses the order from the other rows. In a `datetime`, which \
is a wall clock, a zone or an offset is refused, because it would be ignored; in a `timestamp` it is what counts.

Correct the row, or declare a type that holds all of them: `amount: decimal(12,3)`, `customer_id: string`, `at: timestamp`. Dates in \
another order are read in a query:

    table: {sql: \"select strptime(trim(born), '%d/%m/%Y')::date as born, … from read_csv('data/customers.csv', all_varchar = true, comment = '')\"}",
};

pub static SUPPRESSION_UNSURE: Code = Code {
    id: "S0640",
    title: "a suppression source that cannot be trusted",
    explain: "\
A suppression source names people who are to be left alone. If its load has failed, the table may be empty, hold a part, or \
be of last week, and whoever objected since would be written to. So a build that is not sure publishes nothing at all: when \
the source has fewer rows than `min_rows` (1 where nothing is written), when its newest row is older than `fresh_within`, or \
when a row has no key; when more than `max_shrink` of its rows (1 % where nothing is written) are gone since it was last \
published, or when its keys suddenly are nobody's. Sources that are missing, cannot be read, or have keys of another type stop it as well.

    suppress:
      - name: marketing_opt_out
        table: opt_outs
        key: customer_id
        time: recorded_at
        fresh_within: 24 hours          # the newest row is of the day before yesterday
        min_rows: 1000
        max_shrink: 1%                  # it had 52,310 rows in the last run, and has 40,000

Load the source anew, and build again. What was published before stays until then. If many have rightly left the list, \
`--accept suppression:customer.marketing_opt_out@40000` lets this number of rows through, once.",
};

pub static LIST_KEY_IS_NULL: Code = Code {
    id: "S0641",
    title: "a list with rows without a key",
    explain: "\
Every row of a list names one entity by its key. A row without one is about nobody, and most often it is a sign that the file \
was cut, or that a column was shifted by a comma too many. The build stops before it publishes anything.

    customer_id,reason
    17,journalist
    ,journalist                # no key

Fill in the key, or delete the row. A key that stands there twice does no harm.",
};

pub static GUARD: Code = Code {
    id: "S0642",
    title: "a segment beyond its bounds",
    explain: "\
`size:` bounds the number of a segment's members, `max_change:` how many may enter or exit in one build, as a share of those \
who were in it. `guards:` of segc.yml does so for all segments, and holds where nothing is written: 30 % of at least 100 people \
may not enter or exit at once; the last member may not leave; a segment without members may not take in more than 80 % of \
everybody. A segment beyond its bounds is not published: its members stay as they were, other segments are published, and the \
build ends with exit status 1. Only people who are suppressed by now leave it all the same.

    - name: winback
      size: {min: 100, max_share: 40%}
      max_change: 20%                 # 1,000 members: at most 200 enter, at most 200 exit
      where: [ {did: orders}, {did_not: orders, within: 180 days} ]

Mostly a source was loaded in part, or twice. If the number is right, `segc build --accept winback@1310` lets this number through, \
once; or correct the bound.",
};

pub static SOURCE_SHRUNK: Code = Code {
    id: "S0643",
    title: "a source that has lost rows",
    explain: "\
The ledger has the number of rows of every source that a build has read (`segc_run_sources`). Where a source is empty that had \
rows when it was last published, or has lost more than half of them (and at least 100), its load has probably failed, and \
whatever is computed from it is wrong. Segments that read it, themselves or through others, are not published: their members \
stay as they were, other segments are published, and the build ends with exit status 1.

    guards: {source_shrink: 80%}    # segc.yml: a source may lose so much at once; with 100%, everything

Load the source again. If the number is right, `segc build --accept source:crm.orders@1200` lets this number of rows through, \
once: later builds are compared with it. A source is known by the name of its table or file; another table is another source.",
};

pub static FILE_MOVED: Code = Code {
    id: "S0644",
    title: "a file that was written while it was read",
    explain: "\
A build reads a file in several statements: keys are checked, then segments are computed, then suppression is looked at once more. \
Tables of the warehouse stand still for that long, because all of it is one transaction; a file does not. Where its length or its \
time is another one at the end than at the beginning, the answer may be made of two states, and nothing is published.

    data/orders.csv   # written by a load that had not ended when `segc build` began

Build again when the load is done. Loads that write to another name and then rename the file are never seen half.",
};
