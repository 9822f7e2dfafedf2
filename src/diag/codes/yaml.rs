//! S00xx: what a YAML file may be.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
