//! All integration tests, in one binary: linking DuckDB once is the test budget.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "tests read files, run the program, and stop where something is not as it must be"
)]

#[cfg(feature = "duckdb-linked")]
mod against_reference;
#[cfg(feature = "duckdb-linked")]
mod bad_data;
mod cases;
mod cli;
#[cfg(feature = "duckdb-linked")]
mod connections;
#[cfg(feature = "duckdb-linked")]
mod constants;
#[cfg(all(feature = "duckdb-linked", unix))]
mod crash;
#[cfg(feature = "duckdb-linked")]
mod dbt;
#[cfg(feature = "duckdb-linked")]
mod docs;
mod doubles;
#[cfg(feature = "duckdb-linked")]
mod engine;
#[cfg(feature = "duckdb-linked")]
mod entities;
mod figures;
#[cfg(feature = "duckdb-linked")]
mod functions;
#[cfg(feature = "duckdb-linked")]
mod fuzz;
#[cfg(feature = "duckdb-linked")]
mod holdout;
mod house;
#[cfg(feature = "duckdb-linked")]
mod laws;
#[cfg(feature = "duckdb-linked")]
mod library;
mod lints;
#[cfg(feature = "duckdb-linked")]
mod live;
#[cfg(feature = "duckdb-linked")]
mod people;
mod places;
#[cfg_attr(
    not(feature = "duckdb-linked"),
    allow(dead_code, reason = "rows are computed with the engine only")
)]
mod plan;
#[cfg(feature = "duckdb-linked")]
mod preview;
#[cfg(feature = "duckdb-linked")]
mod privacy;
mod protocol;
#[cfg_attr(
    not(feature = "duckdb-linked"),
    allow(dead_code, reason = "most builds are run with the engine only")
)]
mod publish;
#[cfg(feature = "duckdb-linked")]
mod random;
#[cfg(feature = "duckdb-linked")]
mod real_data;
#[cfg(feature = "duckdb-linked")]
mod reference;
#[cfg(feature = "duckdb-linked")]
mod renames;
mod render;
#[cfg(feature = "duckdb-linked")]
mod rows;
#[cfg(feature = "duckdb-linked")]
mod runbook;
#[cfg(feature = "duckdb-linked")]
mod sequence;
#[cfg(feature = "duckdb-linked")]
mod statistics;
#[cfg(feature = "duckdb-linked")]
mod unit;
#[cfg(feature = "duckdb-linked")]
mod warehouses;
#[cfg(feature = "duckdb-linked")]
mod why;

/// DuckDB's C++ allocates from it too: statements of tests, of few rows and many words, take a sixth less time than with that of glibc.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
