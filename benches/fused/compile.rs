//! The project of the benchmark through the library, from its files to the query that a build stages.

use segc::diag::{Diagnostics, render};
use segc::emit::{EntityQuery, Role};
use segc::ir::Selection;
use segc::model::typing::Context;
use segc::model::{Catalog, Model, SegmentId, calendar, resolve};
use segc::source::SourceMap;
use segc::{Compiled, dialect, spec, yaml};
use std::fs;
use std::path::Path;

/// Segment → its column in the staged table.
pub fn flags(query: &EntityQuery) -> Vec<(String, String)> {
    query
        .columns
        .iter()
        .filter(|column| matches!(column.role, Role::Segment(_)))
        .map(|column| {
            let segment = column.name.trim_start_matches("seg_").to_owned();
            (segment, column.name.clone())
        })
        .collect()
}

/// Everything the project in this folder asks, compiled together.
pub fn queries(work: &Path) -> Vec<EntityQuery> {
    let model = model(work, None);
    compiled(&model).queries
}

/// What the whole project compiles to.
pub fn compiled(model: &Model) -> Compiled {
    let dialect = dialect::find("duckdb").expect("the embedded engine has a dialect");
    let mut diags = Diagnostics::default();
    let compiled = segc::compile(
        model,
        &everything(model),
        dialect,
        &mut |_, _| {},
        &mut diags,
    );
    assert!(!diags.has_errors(), "{diags:?}");
    compiled
}

/// Every segment.
pub fn everything(model: &Model) -> Selection {
    let count = u32::try_from(model.segments.len()).expect("some hundreds");
    Selection {
        segments: (0..count).map(SegmentId).collect(),
        ..Selection::default()
    }
}

/// The project in this folder, as of its own instant or another.
pub fn model(work: &Path, as_of: Option<jiff::Timestamp>) -> Model {
    let mut sources = SourceMap::default();
    let mut diags = Diagnostics::default();
    let mut read = |name: &str, diags: &mut Diagnostics| {
        let text = fs::read_to_string(work.join(name)).expect("the project was written before");
        let file = sources.add(name, text.clone());
        yaml::parse(file, &text, diags)
    };
    let settings = read("segc.yml", &mut diags);
    let specs = [
        read("segments/entities.yml", &mut diags),
        read("segments/segments.yml", &mut diags),
    ];
    let settings = spec::settings::read(&settings, &|_| None, &mut diags).expect("a map");
    let spec = spec::read(&specs, &settings.vars, &mut diags);
    let time_zone = spec::settings::zone(&settings.time_zone.value).expect("a zone");
    let own = calendar::resolve_as_of(&settings.as_of.value, jiff::Timestamp::MAX, &time_zone);
    let as_of = as_of.unwrap_or_else(|| own.expect("a date"));
    let ctx = Context {
        as_of,
        time_zone,
        week_start: settings.week_start,
        vars: Vec::new(),
    };
    let model = resolve::resolve(&spec, &settings, &Catalog::default(), &ctx, &mut diags);
    let problems = render::render(render::Format::Text, &diags, &sources, "");
    assert!(!diags.has_errors(), "{problems}");
    model
}
