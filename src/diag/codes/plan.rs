//! S05xx: what a dialect cannot say.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
