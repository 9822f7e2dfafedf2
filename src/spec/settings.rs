//! `segc.yml`.

use super::Name;
use crate::source::{Span, Spanned};
use crate::yaml::Node;

#[derive(Clone, Debug)]
pub struct Settings {
    pub name: Name,
    pub spec_paths: Vec<Spanned<String>>,
    pub test_paths: Vec<Spanned<String>>,
    pub time_zone: Spanned<String>,
    pub week_start: WeekStart,
    pub as_of: Spanned<AsOfSpec>,
    pub targets: Vec<TargetSpec>,
    pub default_target: Option<Name>,
    /// Values are scalars or lists of scalars.
    pub vars: Vec<(Name, Node)>,
    pub outputs: Outputs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeekStart {
    Monday,
    Sunday,
}

/// `as_of:` of the project, and `--as-of`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsOfSpec {
    Now,
    /// The start of the local day.
    Today,
    /// A date (its local midnight), a local time or an instant, as written.
    At(String),
}

#[derive(Clone, Debug)]
pub struct TargetSpec {
    pub name: Name,
    /// `duckdb`, `bigquery`, `snowflake`.
    pub kind: Spanned<String>,
    /// All other keys of the target.
    pub options: Vec<(Name, Node)>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Outputs {
    pub schema: Spanned<String>,
    pub prefix: String,
    pub history: bool,
    pub wide: bool,
}
