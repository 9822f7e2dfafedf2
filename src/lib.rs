//! segc: dbt for audiences.

pub mod build;
pub mod cli;
pub mod diag;
pub mod dialect;
pub mod emit;
pub mod engine;
pub mod expr;
pub mod ir;
pub mod model;
pub mod project;
pub mod snippet;
pub mod source;
pub mod spec;
pub mod yaml;
