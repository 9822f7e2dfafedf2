//! S02xx: names, functions and types in expressions.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
