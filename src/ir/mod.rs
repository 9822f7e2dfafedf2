//! The plan of a compilation: scans, conditions, segments; and its rewrites.

use crate::model::{SegmentId, TraitId};

/// What a run is asked for. What these refer to is computed too, not published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    pub segments: Vec<SegmentId>,
    pub traits: Vec<TraitId>,
}
