//! S06xx: checks of the data, publication, connections.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
