//! S02xx: names, functions and types in expressions.

use crate::diag::Code;

pub static ALL: &[&Code] = &[&UNKNOWN_COLUMN];

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
