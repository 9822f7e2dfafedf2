//! What the same plans say on warehouses that are not at hand: the statements of the row cases and of random projects, written
//! down with their tables and with what DuckDB answered, for `tests/warehouses/` to validate and to run elsewhere.
//!
//! `SEGC_STATEMENTS=folder` is where; `SEGC_PROPTEST_CASES` is how many random pairs are written, `SEGC_PROPTEST_SEED` where they begin.

mod allowed;
mod limits;
mod page;
mod statements;
mod words;
