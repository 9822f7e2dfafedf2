//! The warehouses that are reached over a network, as one thing: opened, named, and examined for whoever asks what is wrong.

use super::bigquery::{self, BigQuery};
use super::snowflake::{self, Snowflake};
use super::surroundings::Surroundings;
use super::warehouse::Warehouse;
use std::sync::Arc;

/// A warehouse that is reached over a network.
#[derive(Clone, Debug)]
pub enum Remote {
    BigQuery(bigquery::Options),
    Snowflake(snowflake::Options),
}

/// Something that a build needs, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// `connection`, `role`, `schema`, …
    pub what: &'static str,
    pub state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is there: what it is.
    Fine(String),
    /// It cannot be told, or a build may make it.
    Unsure(String),
    /// It is not there: what was said, and what to do.
    Wrong { said: String, help: String },
}

impl Remote {
    /// From now on requests are made for this run, whose id no other has.
    pub fn run_as(&mut self, run: &str) {
        match self {
            Self::BigQuery(options) => run.clone_into(&mut options.run),
            Self::Snowflake(options) => run.clone_into(&mut options.run),
        }
    }

    /// Says what to connect to; nothing is sent yet.
    #[must_use]
    pub fn open(&self, surroundings: Arc<dyn Surroundings>) -> Box<dyn Warehouse> {
        match self {
            Self::BigQuery(options) => Box::new(BigQuery::new(options.clone(), surroundings)),
            Self::Snowflake(options) => Box::new(Snowflake::new(options.clone(), surroundings)),
        }
    }

    /// Where it is, in words: `https://myorg-shop.snowflakecomputing.com`.
    #[must_use]
    pub fn place(&self) -> String {
        match self {
            Self::BigQuery(options) => options.address(),
            Self::Snowflake(options) => options.address(),
        }
    }

    /// What is said of it beside its place: who, by which means, where in it.
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::BigQuery(options) => options.told(),
            Self::Snowflake(options) => options.told(),
        }
    }

    /// Tries what a build needs, in an order in which the first thing that is wrong explains the others. `schema` is where
    /// segments are published.
    #[must_use]
    pub fn examine(&self, surroundings: Arc<dyn Surroundings>, schema: &str) -> Vec<Finding> {
        match self {
            Self::BigQuery(options) => {
                let warehouse = BigQuery::new(options.clone(), surroundings);
                bigquery::examine(options, &mut warehouse.open(), schema)
            }
            Self::Snowflake(options) => {
                let warehouse = Snowflake::new(options.clone(), surroundings);
                snowflake::examine(options, &mut warehouse.open(), schema)
            }
        }
    }

    /// The least that a build must be allowed, as statements or commands for whoever may allow it.
    #[must_use]
    pub fn grants(&self, schema: &str) -> Vec<String> {
        match self {
            Self::BigQuery(options) => bigquery::grants(options, schema),
            Self::Snowflake(options) => snowflake::grants(options, schema),
        }
    }
}
