//! A project's folder: found, read, decoded; its targets; and which part of it a run is asked for.
//!
//! This is a room with doors: it reads files and the environment. What the texts mean is `spec`'s, what the names mean
//! `model`'s. The street calls it.
#![allow(
    clippy::disallowed_methods,
    reason = "this room reads the environment for env_var() in segc.yml"
)]

mod files;
pub mod select;
pub mod target;

pub use files::SETTINGS;
