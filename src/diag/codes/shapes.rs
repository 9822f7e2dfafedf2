//! S017x: items that are repeated, and SQL of a warehouse's own.

use crate::diag::Code;

pub static ALL: &[&Code] = &[
    &FOR_EACH_NAME,
    &FOR_EACH_VALUES,
    &NATIVE,
    &NATIVE_TARGETS,
    &NATIVE_TYPE,
];

pub static FOR_EACH_NAME: Code = Code {
    id: "S0171",
    title: "copies without names of their own",
    explain: "\
`for_each` repeats an item once for every value, so that the item's name must say which copy it is: every parameter
stands in it. Values are put into names in small letters.

    - name: buyers_{{ country }}        # buyers_us, buyers_ca
      for_each: {country: [US, CA]}
      where: country = {{ country }}",
};

pub static FOR_EACH_VALUES: Code = Code {
    id: "S0172",
    title: "values that cannot be repeated over",
    explain: "\
`for_each` takes a map of parameters, each with a list of texts, numbers or truth values (or a variable that is such a
list). Several parameters make a copy for every combination, at most 1,000 of them. Two values that differ in case alone
would give two copies of one name.

    for_each: {country: [US, CA], tier: [1, 2]}      # four copies",
};

pub static NATIVE: Code = Code {
    id: "S0173",
    title: "not one expression of a warehouse's own",
    explain: "\
SQL that is written for each warehouse is one scalar expression about one entity, as it would stand in a `select`: no
subquery, aggregate or window, no comment or semicolon, and nothing that is not the same every time (the clock, chance, the
session). Names in it are the entity's columns, lookups and traits. Where it is NULL, a condition is false.

    - sql: {duckdb: \"regexp_full_match(email, '[^@]+@shop[.]com')\"}
      type: boolean",
};

pub static NATIVE_TARGETS: Code = Code {
    id: "S0174",
    title: "SQL is missing for a warehouse",
    explain: "\
Where SQL is written for each warehouse, every kind of target in segc.yml needs its own: the project must mean the same in
all of them. A key that names no warehouse is an error, too.

    - sql:
        duckdb: \"len(tags) > 2\"
        bigquery: \"array_length(tags) > 2\"",
};

pub static NATIVE_TYPE: Code = Code {
    id: "S0175",
    title: "the type of a warehouse's own SQL",
    explain: "\
What SQL of a warehouse's own gives cannot be seen in its text, so a trait made of it says its `type`, and the value is cast
to it. A condition is `type: boolean`, which need not be written.

    - {name: domain, sql: {duckdb: \"split_part(email, '@', 2)\"}, type: string}",
};
