//! Every code, in files by where it arises. A code never changes its meaning and is never used again.

pub mod build;
pub mod expr;
pub mod history;
pub mod lint;
pub mod model;
pub mod plan;
pub mod project;
pub mod shapes;
pub mod spec;
pub mod testing;
pub mod yaml;

use super::Code;

/// All codes, by number.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [
        yaml::ALL,
        spec::ALL,
        shapes::ALL,
        expr::ALL,
        model::ALL,
        project::ALL,
        plan::ALL,
        build::ALL,
        testing::ALL,
        lint::ALL,
        history::ALL,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Finds a code by its id, in any case.
#[must_use]
pub fn find(id: &str) -> Option<&'static Code> {
    all().find(|c| c.id.eq_ignore_ascii_case(id))
}
