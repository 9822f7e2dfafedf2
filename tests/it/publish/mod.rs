//! Publication: what is planned, what it does to a real DuckDB, and what happens when something fails.

#[cfg(feature = "duckdb-linked")]
mod as_script;
#[cfg(feature = "duckdb-linked")]
mod asserted;
#[cfg(feature = "duckdb-linked")]
mod backfill;
#[cfg(feature = "duckdb-linked")]
mod builds;
#[cfg(feature = "duckdb-linked")]
mod commands;
#[cfg(feature = "duckdb-linked")]
mod doctor;
#[cfg(feature = "duckdb-linked")]
mod faults;
#[cfg(feature = "duckdb-linked")]
mod interrupted;
#[cfg(feature = "duckdb-linked")]
mod kept;
#[cfg(feature = "duckdb-linked")]
mod large;
#[cfg(feature = "duckdb-linked")]
mod over_rest;
#[cfg(feature = "duckdb-linked")]
mod planned;
pub(crate) mod shop;
#[cfg(feature = "duckdb-linked")]
mod soak;
pub(crate) mod stages;
#[cfg(feature = "duckdb-linked")]
mod still;
#[cfg(feature = "duckdb-linked")]
mod suppressed;
#[cfg(feature = "duckdb-linked")]
mod vouched;
#[cfg(feature = "duckdb-linked")]
mod world;
