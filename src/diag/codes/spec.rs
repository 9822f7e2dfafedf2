//! S01xx: keys and values of a spec as written.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
