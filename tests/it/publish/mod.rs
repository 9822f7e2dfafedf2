//! Publication: what is planned, what it does to a real DuckDB, and what happens when something fails.

#[cfg(feature = "duckdb-linked")]
mod builds;
#[cfg(feature = "duckdb-linked")]
mod faults;
mod shop;
mod stages;
#[cfg(feature = "duckdb-linked")]
mod world;
