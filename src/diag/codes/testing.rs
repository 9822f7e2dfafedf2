//! S07xx: tests of specs, what they are given and what they expect.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &TEST_SUBJECT,
    &UNKNOWN_GIVEN,
    &GIVEN_VALUE,
    &GIVEN_TWICE,
    &NO_AS_OF,
    &KEY_NOT_GIVEN,
    &EXPECT_MISFIT,
    &FIXTURE,
    &TEST_FAILED,
    &TEST_NOT_RUN,
    &UNKNOWN_TEST_NAME,
    &NOT_COVERED,
];

pub static TEST_SUBJECT: Code = Code {
    id: "S0701",
    title: "a test of something unknown",
    explain: "\
A test is about a segment, a trait, a group or a split of the project, and its `segment:`, `segments:`, `trait:`, `group:` or \
`split:` names none. `segc ls` prints the names. A case of a group is a segment: `segment: lifecycle.new`.

    tests:
      - name: a lapsed buyer is won back
        segment: win_back              # the segment is called `winback`
        expect: {members: [1]}",
};

pub static UNKNOWN_GIVEN: Code = Code {
    id: "S0702",
    title: "rows for something unknown",
    explain: "\
`given:` has rows by the name of an entity, a relation, a lookup or a list of the project, and this is the name of none; or \
several tables go by it. Rows of a table that the test never reads would make it say less than it seems to.

    given:
      customer: [{customer_id: 1}]
      order: []                        # the relation is called `orders`

Where two relations have a lookup of one name, write `items.product`; where two entities have a relation of one name, \
`customer.orders`.",
};

pub static GIVEN_VALUE: Code = Code {
    id: "S0703",
    title: "a value that its column cannot hold",
    explain: "\
Values of a test are checked against the types of the columns that they are given for, and nothing is ever cast: a text is no \
number, `12.345` is no decimal(12,2), a postcode is a text and needs quotes. Moments may be written relative to the test's \
`as_of`: `now`, `-10 days`, `-2 months`, `-90 days -1 second`; on a date column they count from the local date of `as_of`.

    given:
      orders:
        - {customer_id: 1, total: fifty}      # total is decimal(12,2)
        - {customer_id: 1, ordered_at: -10 days, total: 50}",
};

pub static GIVEN_TWICE: Code = Code {
    id: "S0704",
    title: "one table's rows given twice",
    explain: "\
Two names under `given:` stand for the same table, or one name stands there twice. Would both lists be put into the table, \
whoever reads the test under one of the names would overlook rows. Write all rows of the table once, under either name.

    relations:
      - {name: orders, table: fct_orders, …}
      - {name: web_orders, table: fct_orders, where: channel = 'web', …}
    given:
      orders: [{customer_id: 1}]
      web_orders: [{customer_id: 1, channel: web}]     # the same table",
};

pub static NO_AS_OF: Code = Code {
    id: "S0705",
    title: "a test without an instant",
    explain: "\
A test asks as of one instant. It takes the project's `as_of`, but `now` and `today` are no instants to test with: months have \
different lengths, and a test that passes today could fail tomorrow. Write one, as in `as_of: 2026-01-31 09:00`; it may lie in \
the future. `--as-of` gives one to all tests that have none.",
};

pub static KEY_NOT_GIVEN: Code = Code {
    id: "S0706",
    title: "an expectation of nobody",
    explain: "\
`expect:` has a key that no row of the entity is given for. Nobody has it, so it could not be a member, and `excludes:` would \
hold for the wrong reason. Give the row, even if it has nothing but its key.

    given:
      customer: [{customer_id: 1}]
    expect:
      excludes: [2]                    # give {customer_id: 2} as well",
};

pub static EXPECT_MISFIT: Code = Code {
    id: "S0707",
    title: "an expectation that does not fit the test",
    explain: "\
What a test may expect depends on what it is about: `members`, `includes` and `excludes` are about segments, `cases` about a group \
or a split, `traits` about any. A list of members holds for every segment of the test; for a group or a split write who is \
where, `cases: {1: active, 2: lapsed}` or `members: {active: [1], lapsed: [2]}`. A key that is both in `includes` and `excludes` \
can never be right.",
};

pub static FIXTURE: Code = Code {
    id: "S0708",
    title: "rows that cannot be read from a file",
    explain: "\
`file('fixtures/orders.csv')` names a CSV or Parquet file inside the project's folder. The first line of a CSV file names columns; \
an empty field is null; moments may be relative, as in a test (`-10 days`). A column of a Parquet file must be of its column's \
type. A fixture has at most 1 MiB and 20,000 rows: it is data that a person has looked at.",
};

pub static TEST_FAILED: Code = Code {
    id: "S0709",
    title: "test failed",
    explain: "\
The project's segments, computed over the given rows as a build would compute them, are not what the test expects. The message \
points at the expectation that does not hold; below it stands the condition tree of that key with the value of every leaf. \
Either the spec is wrong or the test is. Members are those whom a build would publish: who is suppressed is none.

    tests:
      - name: whoever spent 500 is a vip
        segment: vip
        as_of: 2026-01-31 09:00
        given:
          customer: [ {customer_id: 1}, {customer_id: 2} ]
          orders: [ {order_id: 10, customer_id: 1, ordered_at: -3 days, status: done, total: 500} ]
        expect: {members: [1]}",
};

pub static TEST_NOT_RUN: Code = Code {
    id: "S0710",
    title: "test could not be run",
    explain: "\
The test has no answer: its rows break what a build checks first (a key that is null or there twice, a lookup with two rows for \
one key), an expression fails on them, or the query used more than a test may have (10 seconds, 1 GiB). A build would have \
failed on such data, too.",
};

pub static UNKNOWN_TEST_NAME: Code = Code {
    id: "S0711",
    title: "a trait, segment or case that the test cannot expect",
    explain: "\
A name under `expect:` is not what it should be: a trait of the test's entity under `traits`, one of the test's segments under \
`members`, a case of its group or an arm of its split under `cases`.",
};

pub static NOT_COVERED: Code = Code {
    id: "S0712",
    title: "not covered by a test",
    explain: "\
`segc test --cover` warns of what no test distinguishes: a leaf of a segment's condition that the tests of the segment never turn \
both true and false; a case or an arm that nobody is ever in; a segment without a test; and an edge of a window without a row \
near it on either side: one at the edge or less than a second, a minute, an hour or a day from it (what the window counts in), and \
one on the other side, at most so far away. A row at the edge itself is a later one; with `<=` and `>` of a moment, and of `within` \
and `total` in a sequence, an earlier one. The windows between the steps of a sequence are counted from the row before; a `did_not` \
between two steps wants such a row, and two rows without it. Were such a part of the spec wrong, every test would still pass. \
`--warn-error` makes these errors, for a project that is to stay covered.",
};
