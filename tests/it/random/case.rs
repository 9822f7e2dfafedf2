//! A random project with its tables, and how it is read.

use super::companies;
use super::conditions::{self, Context};
use super::copies;
use super::dice::Dice;
use super::elsewhere;
use super::repeated;
use super::rows::{self, LISTS};
use super::schema::{self, Schema, ZONES};
use super::traits;
use super::yaml;
use crate::reference::value::Value;
use crate::reference::{Clock, Tables};
use jiff::Timestamp;
use segc::diag::{Diagnostics, Severity};
use segc::model::{Catalog, Model, resolve, typing};
use segc::source::SourceMap;
use segc::spec::settings::{self, WeekStart};
use segc::spec::{self, HoldoutSpec, Spec};
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
const TIMES: [&str; 19] = [
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
    "2025-12-28T09:00",
    "2026-02-27T09:00",
    "2028-02-29T09:00",
];

/// How many of each a case has.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    /// Sets of people.
    pub(crate) sets: usize,
    /// Whether people are compared with each other.
    pub(crate) populations: bool,
    /// In how many of a hundred there is a second entity.
    pub(crate) companies: usize,
    /// In how many of a hundred there is a history of earlier builds.
    pub(crate) history: usize,
    /// In how many of a hundred some people are held out.
    pub(crate) holdout: usize,
    pub(crate) traits: usize,
    pub(crate) segments: usize,
    pub(crate) groups: usize,
    /// Segments that may speak of groups and splits.
    pub(crate) more: usize,
}

/// An item of an entity, which is named where there are several.
fn named(mut item: Json, schema: &Schema) -> Json {
    if schema.entity > 0 || !schema.ways.is_empty() {
        item["entity"] = json!(schema.name);
    }
    item
}

/// The segments of a project as they are made, and what each entity's may speak of.
struct Project<'s> {
    contexts: Vec<Context<'s>>,
    segments: Vec<Json>,
    /// Whose people may be held out.
    held_out: Option<usize>,
}

impl Project<'_> {
    /// Something of an entity; the others hear of its names.
    fn add<T>(&mut self, at: usize, make: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let before = self.contexts[at].segments.len();
        let item = make(&mut self.contexts[at]);
        let names = self.contexts[at].segments[before..].to_vec();
        for (n, context) in self.contexts.iter_mut().enumerate() {
            if n != at {
                context.others.extend(names.iter().cloned());
            }
        }
        item
    }

    /// The `holdout:` of the settings.
    fn hold_out(&mut self, d: &mut Dice) -> Json {
        let at = d.below(self.contexts.len());
        self.held_out = Some(at);
        let share = d.pick(&["50%", "12.34%", "0.01%", "100%"]);
        self.add(at, |c| {
            c.segments.push("holdout".to_owned());
            named(json!({"share": share, "salt": "held:out"}), c.schema)
        })
    }

    fn segment(&mut self, d: &mut Dice) {
        let n = self.segments.len();
        let name = format!("s{n}");
        let known = (0..self.contexts.len())
            .find(|entity| elsewhere::with_stays(*entity).contains(&name.as_str()));
        let at = known.unwrap_or_else(|| {
            let other = d.percent(30);
            if other { self.contexts.len() - 1 } else { 0 }
        });
        let renamed = n == 1 && self.contexts[0].history && d.percent(30);
        let schema = self.contexts[at].schema;
        let segment = self.add(at, |c| conditions::segment(d, c, name));
        let mut segment = named(segment, schema);
        if self.held_out == Some(at) && d.percent(30) {
            segment["holdout"] = json!(true);
        }
        if renamed {
            segment["renamed_from"] = json!(elsewhere::FORMER);
        }
        self.segments.push(segment);
    }
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
        let (mut people, mut person) = schema::schema(d, zone, size.populations);
        let company = d.percent(size.companies);
        let company =
            company.then(|| companies::companies(d, &mut people, &mut person, &clock.zone));
        let mut tables = rows::tables(d, &people, &clock, size.sets);
        let (mut schemas, mut entities) = (vec![people], vec![person]);
        if let Some((schema, declared)) = company {
            companies::tables(d, &schema, &clock, size.sets, &mut tables);
            schemas.push(schema);
            entities.push(declared);
        }
        let history = d.percent(size.history);
        for schema in schemas.iter().filter(|_| history) {
            elsewhere::history(d, schema, &clock, &mut tables);
        }
        let mut traits = Vec::new();
        for schema in &mut schemas {
            let (letter, count) = if schema.entity == 0 {
                ("t", size.traits)
            } else {
                ("c", size.traits.div_ceil(4))
            };
            for n in 0..count {
                let name = format!("{letter}{n}");
                let (item, kind) = traits::a_trait(d, schema, &name);
                traits.push(named(item, schema));
                schema.names.push((name, kind));
            }
        }
        if d.percent(60) {
            let item = repeated::a_trait(d, &mut schemas[0], "r");
            traits.push(named(item, &schemas[0]));
        }
        let mut project = Project {
            contexts: schemas
                .iter()
                .map(|schema| Context {
                    history,
                    ..Context::new(schema)
                })
                .collect(),
            segments: Vec::new(),
            held_out: None,
        };
        let holdout = d.percent(size.holdout).then(|| project.hold_out(d));
        for _ in 0..size.segments {
            project.segment(d);
        }
        if d.percent(50) {
            let condition = conditions::condition(d, &project.contexts[0], 1);
            match &mut entities[0]["suppress"] {
                Json::Array(list) => list.push(condition),
                none => *none = json!([condition]),
            }
        }
        let mut splits = Vec::new();
        if d.percent(60) {
            let at = d.below(project.contexts.len());
            splits.push(project.add(at, |c| conditions::split(d, c, "x0")));
        }
        if d.percent(60) {
            let repeated = project.add(0, |c| repeated::segments(d, c, "f"));
            let repeated = repeated.into_iter().map(|item| named(item, &schemas[0]));
            project.segments.extend(repeated);
        }
        let mut groups = Vec::new();
        for n in 0..size.groups {
            let at = n % project.contexts.len();
            let group = project.add(at, |c| conditions::group(d, c, &format!("g{n}")));
            groups.push(named(group, &schemas[at]));
        }
        if d.percent(40) {
            let group = project.add(0, |c| repeated::group(d, c, "h"));
            groups.push(named(group, &schemas[0]));
        }
        if d.percent(40) {
            // Of a case, or of an arm.
            splits.push(project.add(0, |c| conditions::split(d, c, "x1")));
        }
        let lists = LISTS.map(|(file, key)| {
            let name = file.split_once('.').unwrap().0;
            named(json!({"name": name, "file": file, "key": key}), &schemas[0])
        });
        // These may speak of cases and arms.
        for _ in 0..size.more {
            project.segment(d);
        }
        let segments = project.segments;
        let mut settings = json!({"name": "random", "version": 1, "time_zone": zone, "week_start": week_start, "vars": {"floor": 2, "word": "a", "words": ["a", "c"]},
                "targets": {"dev": {"type": "duckdb", "path": "random.duckdb"}},
                "guards": {"allow_empty": true, "max_change": "100%", "min_change": 100_000}});
        if let Some(holdout) = holdout {
            settings["holdout"] = holdout;
        }
        Self {
            settings,
            spec: json!({"entities": entities, "traits": traits, "segments": segments, "groups": groups, "splits": splits, "lists": lists}),
            tables,
            as_of,
        }
    }

    /// Reads the project as the program does; None, and what is wrong, if it is no project.
    pub(crate) fn read(&self) -> Result<Read, String> {
        self.read_as(std::slice::from_ref(&self.spec))
    }

    /// As `read`, of files in the place of the one.
    pub(crate) fn read_as(&self, files: &[Json]) -> Result<Read, String> {
        let (mut sources, mut diags) = (SourceMap::default(), Diagnostics::default());
        let mut node = |name: &str, tree: &Json, diags: &mut Diagnostics| {
            let text = yaml::text(tree);
            let file = sources.add(name, text.as_str());
            segc::yaml::parse(file, &text, diags)
        };
        let settings = node("segc.yml", &self.settings, &mut diags);
        let specs: Vec<_> = files
            .iter()
            .map(|file| node("segments/random.yml", file, &mut diags))
            .collect();
        let plain: Vec<_> = files
            .iter()
            .map(|file| node("segments/plain.yml", &copies::written_out(file), &mut diags))
            .collect();
        let settings = settings::read(&settings, &|_| None, &mut diags);
        let Some(settings) = settings else {
            return Err("no settings".to_owned());
        };
        let spec = spec::read(&specs, &settings.vars, &mut diags);
        let plain = spec::read(&plain, &settings.vars, &mut diags);
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
            holdout: settings.holdout.clone(),
            clock: Clock::new(&settings, context.time_zone, self.as_of),
            spec: plain,
            model,
        })
    }
}

/// A project as read.
pub(crate) struct Read {
    /// Without `for_each`.
    pub(crate) spec: Spec,
    pub(crate) model: Model,
    pub(crate) clock: Clock,
    pub(crate) vars: BTreeMap<String, Value>,
    pub(crate) holdout: Option<HoldoutSpec>,
}
