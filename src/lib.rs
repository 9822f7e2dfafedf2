//! segc: dbt for audiences. Customer segments written as YAML become warehouse SQL, compiled together, published whole or not
//! at all. This page is the map of the house.
//!
//! ```text
//!  segc.yml, specs ─ project ─▶ texts ─ yaml::parse ─▶ Node ─ spec::read ─▶ Spec        as written
//!                                                               │
//!                    engine ─▶ Catalog ──────────── model::resolve ─▶ Model             as meant
//!                                                               │
//!                    Selection ────────────────────── ir::lower ─▶ Plan                 as planned
//!                                                   ir::optimize ─▶ Plan
//!                                                               │
//!                    Dialect ──────────────────── emit::query ─▶ EntityQuery            as spoken
//!                                                   build::plan ─▶ Vec<Stage>
//!                                                               │
//!                    Engine ──────────────────────── build::run ─▶ Outcome              as published
//! ```
//!
//! **Floors.** A file imports from floors below its own and from its own room; `tests/it/house.rs` holds the list.
//! 0 `source diag expr secret` · 1 `yaml snippet` · 2 `spec schema` · 3 `model` · 4 `ir` · 5 `dialect emit statements build lint` ·
//! 6 `project engine testing why build::run` (files, connections) · 7 `cli` (clock, environment, streams).
//!
//! **Invariant:** a pass takes a [`diag::Diagnostics`] bag, reports everything it finds and returns what it could make; nobody uses
//! a tree while the bag [has errors](diag::Diagnostics::has_errors).
//! **Invariant:** nothing below floor 6 reads a file, a clock or the environment; `as_of` is data.
//! **Invariant:** measures are content-addressed: the same question of the same rows is one [`model::Measure`], whoever asks.
//! **Invariant:** three-valued logic never leaves a leaf: a leaf that is NULL is false.
//! **Invariant:** bounds of time are literals by the time a plan exists; no dialect does calendar arithmetic for a window.
//! **Invariant:** the optimiser never changes what is answered; every rule is visible (`segc compile --passes`).
//! **Invariant:** no question "is this DuckDB?" outside `dialect`, `engine` and `templates`.
//! **Invariant:** templates wrap finished SELECTs; they hold no condition of a user.
//! **Invariant:** only the ledger says what is published.

pub mod build;
pub mod cli;
pub mod diag;
pub mod dialect;
pub mod emit;
pub mod engine;
pub mod expr;
pub mod ir;
pub mod lint;
pub mod manifest;
pub mod model;
pub mod project;
pub mod schema;
pub mod secret;
pub mod snippet;
pub mod source;
pub mod spec;
pub mod statements;
pub mod testing;
pub mod why;
pub mod yaml;

use diag::Diagnostics;
use dialect::Dialect;
use emit::{CheckQuery, EntityQuery};
use ir::{Plan, Selection};
use model::Model;

/// What a selection compiles to.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// One per entity.
    pub queries: Vec<EntityQuery>,
    /// What a build asks of its sources first.
    pub checks: Vec<CheckQuery>,
}

/// The chain of passes from a resolved project to SQL. `observer` sees every plan as it was made and after each rewrite.
pub fn compile(
    model: &Model,
    selection: &Selection,
    dialect: &dyn Dialect,
    observer: &mut dyn FnMut(&str, &Plan),
    diags: &mut Diagnostics,
) -> Compiled {
    let mut compiled = Compiled::default();
    for plan in ir::lower(model, selection) {
        let plan = ir::optimize(plan, model, &dialect.costs(), observer);
        for check in emit::checks(&plan, model, dialect, diags) {
            // What several entities read is checked once.
            let known = compiled.checks.iter_mut().find(|c| c.sql == check.sql);
            match known {
                Some(known) => known.entities.push(plan.entity),
                None => compiled.checks.push(check),
            }
        }
        let query = emit::query(&plan, model, dialect, diags);
        emit::check_length(&query, model, dialect, diags);
        compiled.queries.push(query);
    }
    compiled
}
