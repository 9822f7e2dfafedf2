//! What reading, aggregating and joining cost: what decides where a measure is computed. Each dialect gives its own.

/// Costs of a warehouse, of which only the ratios matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Costs {
    /// Per row read. Infinite where bytes read are the price: no row is read twice that can be read once.
    pub row: f64,
    /// Per row and aggregate.
    pub aggregate: f64,
    /// Per row and lookup that is joined to it.
    pub lookup: f64,
    /// Per entity and scan: joining what the scan found to the entity's row.
    pub join: f64,
    /// Per entity and column of its row that is written down and read again: some 5 in memory, 100 where the disk must help.
    pub column: f64,
    /// A scan with more measures is split.
    pub measures: usize,
}

impl Costs {
    /// Nanoseconds of CPU, measured on DuckDB (`performance.md`).
    pub const MEASURED: Self = Self {
        row: 50.0,
        aggregate: 20.0,
        lookup: 50.0,
        join: 200.0,
        column: 10.0,
        measures: usize::MAX,
    };

    /// Bytes read are the price, and too many aggregates of one stage exceed its resources: the design's figure.
    pub const BYTES: Self = Self {
        row: f64::INFINITY,
        measures: 150,
        ..Self::MEASURED
    };

    /// Whether reading a source a second time, to find a row by its time, beats sorting all rows.
    pub(super) fn may_read_again(&self) -> bool {
        self.row.is_finite()
    }
}
