//! S04xx: the project folder, settings, command line, selection.

use crate::diag::Code;

pub static ALL: &[&Code] = &[];
