//! S05xx: what a dialect cannot say.

use crate::diag::Code;

pub static CANNOT_SAY: Code = Code {
    id: "S0501",
    title: "a function that this warehouse cannot compute",
    explain: "\
Expressions of segc have one meaning in every warehouse, and each is written anew for the warehouse at hand. A few \
cannot be said everywhere, because the warehouse has neither the function nor a way to build it from others; segc then \
refuses rather than compute something that is nearly the same.

For example, BigQuery and Snowflake cannot read a file of the project:

    table: file('data/customers.csv')

Load a file into a table there. Of a function, the cure is an expression without that function, or a column computed beforehand in the warehouse (a dbt model, a \
view), which the segment then reads like any other.",
};

pub static TOO_LONG: Code = Code {
    id: "S0502",
    title: "a statement that is too long for this warehouse",
    explain: "\
All segments of an entity are asked with one statement, and BigQuery and Snowflake take no more than a megabyte of text. segc \
stops at 900 kB, before anything is sent: some four thousand segments of one or two conditions (each adds 200 bytes), or a list of \
some forty-seven thousand keys of 15 characters (each adds four to its own).

Build such a project in parts, each of which publishes its own segments and leaves the others as they are:

    segc build --select tag:crm
    segc build --exclude tag:crm

and load a long list into a table of the warehouse, as a relation: `table: raw.press`, `did: press`.",
};

pub static ALL: &[&Code] = &[&CANNOT_SAY, &TOO_LONG];
