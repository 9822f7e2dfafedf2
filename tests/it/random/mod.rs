//! Random projects over random tables, made by a seed: schemas, rows and specs over the whole language. Everything is biased to
//! small domains and to the edges of windows, so that conditions hold for some and fail for others.
//!
//! proptest gives the random numbers; what is made is a tree of YAML, so that one shrinker ([`shrink`]) fits every construct.

pub(crate) mod case;
mod companies;
mod conditions;
pub(crate) mod copies;
mod dice;
mod elsewhere;
pub(crate) mod engine;
mod expressions;
mod functions;
mod opt_outs;
mod population;
mod repeated;
mod rows;
mod schema;
pub(crate) mod shrink;
mod traits;
pub(crate) mod yaml;

pub(crate) use dice::Dice;
