//! A random project with its tables, and how it is read.

use super::conditions::{self, Context};
use super::dice::Dice;
use super::rows;
use super::schema::{self, ZONES};
use super::traits;
use super::yaml;
use crate::reference::value::Value;
use crate::reference::{Clock, Tables};
use jiff::Timestamp;
use segc::diag::{Diagnostics, Severity};
use segc::model::{Catalog, Model, resolve, typing};
use segc::source::SourceMap;
use segc::spec::settings::{self, WeekStart};
use segc::spec::{self, Spec};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// `segc.yml`
    pub(crate) settings: Json,
    /// The one spec file.
    pub(crate) spec: Json,
    pub(crate) tables: Tables,
    pub(crate) as_of: Timestamp,
}

/// Local times worth asking at: ends of months and years, midnights, changes of clocks.
const TIMES: [&str; 16] = [
    "2026-01-31T09:00",
    "2026-02-01T00:00",
    "2024-02-29T12:00",
    "2025-03-31T23:30",
    "2025-03-09T12:00",
    "2025-03-10T02:30",
    "2025-11-02T12:00",
    "2025-11-03T01:30",
    "2025-03-30T12:00",
    "2025-10-26T12:00",
    "2025-10-27T00:00",
    "2026-01-01T00:00",
    "2025-12-31T23:59:59.999999",
    "2025-09-07T12:00",
    "2026-02-28T18:00",
    "2025-04-06T02:15",
];

/// How many of each a case has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Sets of people.
    pub(crate) sets: usize,
    /// Whether people are compared with each other.
    pub(crate) populations: bool,
    pub(crate) traits: usize,
    pub(crate) segments: usize,
    pub(crate) groups: usize,
}

impl Case {
    pub(crate) fn new(d: &mut Dice, size: Size) -> Self {
        let zone = d.pick(&ZONES);
        let week_start = d.pick(&["monday", "sunday"]);
        let local: jiff::civil::DateTime = d.pick(&TIMES).parse().unwrap();
        let time_zone = settings::zone(zone).unwrap();
        let as_of = local.to_zoned(time_zone.clone()).unwrap().timestamp();
        let clock = Clock {
            as_of,
            zone: time_zone,
            week_start: if week_start == "monday" {
                WeekStart::Monday
            } else {
                WeekStart::Sunday
            },
        };
        let (mut schema, mut entity) = schema::schema(d, zone, size.populations);
        let tables = rows::tables(d, &schema, &clock, size.sets);
        let mut items = Vec::new();
        for n in 0..size.traits {
            let name = format!("t{n}");
            let (item, kind) = traits::a_trait(d, &schema, &name);
            items.push(item);
            schema.names.push((name, kind));
        }
        let mut context = Context {
            schema: &schema,
            segments: Vec::new(),
        };
        if d.percent(50) {
            let condition = conditions::condition(d, &context, 1);
            match &mut entity["suppress"] {
                Json::Array(list) => list.push(condition),
                none => *none = json!([condition]),
            }
        }
        let mut segments: Vec<Json> = Vec::new();
        for n in 0..size.segments {
            segments.push(conditions::segment(d, &mut context, format!("s{n}")));
        }
        let splits = if d.percent(60) {
            vec![conditions::split(d, &mut context, "x0")]
        } else {
            Vec::new()
        };
        let mut groups = Vec::new();
        for n in 0..size.groups {
            groups.push(conditions::group(d, &mut context, &format!("g{n}")));
        }
        Self {
            settings: json!({"name": "random", "version": 1, "time_zone": zone, "week_start": week_start,
                "targets": {"dev": {"type": "duckdb", "path": "random.duckdb"}}}),
            spec: json!({"entities": [entity], "traits": items, "segments": segments, "groups": groups, "splits": splits}),
            tables,
            as_of,
        }
    }

    /// Reads the project as the program does; None, and what is wrong, if it is no project.
    pub(crate) fn read(&self) -> Result<Read, String> {
        let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
        let mut node = |name: &str, tree: &Json, diags: &mut Diagnostics| {
            let text = yaml::text(tree);
            let file = sources.add(name, text.as_str());
            segc::yaml::parse(file, &text, diags)
        };
        let settings = node("segc.yml", &self.settings, &mut diags);
        let spec = node("segments/random.yml", &self.spec, &mut diags);
        let settings = settings::read(&settings, &|_| None, &mut diags);
        let Some(settings) = settings else {
            return Err("no settings".to_owned());
        };
        let spec = spec::read(&[spec], &settings.vars, &mut diags);
        let context = typing::Context {
            as_of: self.as_of,
            time_zone: settings::zone(&settings.time_zone.value).unwrap(),
            week_start: settings.week_start,
            vars: segc::project::vars(&settings),
        };
        let model = resolve::resolve(&spec, &settings, &Catalog::default(), &context, &mut diags);
        if diags.has_errors() {
            let errors = diags.iter().filter(|d| d.severity == Severity::Error);
            let wrong = errors.map(|d| {
                let at = d.span().map_or("", |span| sources.text(span));
                format!("{} {} at `{at}`", d.code.id, d.message)
            });
            return Err(wrong.collect::<Vec<_>>().join("\n"));
        }
        Ok(Read {
            vars: context
                .vars
                .iter()
                .map(|(n, v, _)| (n.clone(), Value::of(v)))
                .collect(),
            clock: Clock::new(&settings, context.time_zone, self.as_of),
            spec,
            model,
        })
    }
}

/// A project as read.
pub(crate) struct Read {
    pub(crate) spec: Spec,
    pub(crate) model: Model,
    pub(crate) clock: Clock,
    pub(crate) vars: BTreeMap<String, Value>,
}
