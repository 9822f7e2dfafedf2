//! All integration tests, in one binary: linking DuckDB once is the test budget.
#![allow(
    clippy::disallowed_methods,
    reason = "tests read files and run the program"
)]

mod cases;
mod cli;
#[cfg(feature = "duckdb-linked")]
mod constants;
#[cfg(feature = "duckdb-linked")]
mod engine;
mod house;
mod plan;
mod publish;
mod render;
