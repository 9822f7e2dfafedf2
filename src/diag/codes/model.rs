//! S03xx: what a spec means: entities, relations, windows, references.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
