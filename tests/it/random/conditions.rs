//! Random conditions, segments and groups.

use super::dice::Dice;
use super::elsewhere;
use super::expressions::{self, Scope};
use super::functions;
use super::population;
use super::schema::{Kind, Relation, Schema};
use super::traits;
use serde_json::{Map, Value as Json, json};

/// What conditions may speak of.
pub(super) struct Context<'s> {
    pub(super) schema: &'s Schema,
    /// Segments and cases that are there already.
    pub(super) segments: Vec<String>,
    /// Those of another entity.
    pub(super) others: Vec<String>,
    /// Whether earlier builds have published a history.
    pub(super) history: bool,
}

impl<'s> Context<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self {
            schema,
            segments: Vec::new(),
            others: Vec::new(),
            history: false,
        }
    }
}

pub(super) fn condition(d: &mut Dice, c: &Context<'_>, depth: usize) -> Json {
    if depth > 0 && d.percent(50) {
        let count = 1 + d.below(3);
        let list: Vec<Json> = (0..count).map(|_| condition(d, c, depth - 1)).collect();
        let number = d.below(count + 1);
        return match d.below(10) {
            0 | 1 => json!({"all": list}),
            2 | 3 => json!({"any": list}),
            4 => json!({"none": list}),
            5 => json!({"not": list[0]}),
            6 => json!({"at_least": number, "of": list}),
            7 => json!({"at_most": number, "of": list}),
            8 => json!({"exactly": number, "of": list}),
            _ => json!(list),
        };
    }
    if (c.history || !c.schema.ways.is_empty())
        && d.percent(20)
        && let Some(condition) = elsewhere::condition(d, c)
    {
        return condition;
    }
    let mut map = Map::new();
    let mut put = |key: &str, value: Json| map.insert(key.to_owned(), value);
    match d.below(18) {
        12 => return habit(d, c),
        13 if c.schema.populations => return population::top(d, c),
        13 | 14 => return sequence(d, c),
        // A person has columns of every kind.
        15 if c.schema.entity == 0 => return anniversary(d, c),
        16 if c.schema.entity == 0 => {
            let names = [json!("press"), json!("vips"), json!(["press", "vips"])];
            put("in_list", d.choose(&names).clone());
        }
        17 if c.schema.entity == 0 => {
            let (sql, kind) = functions::native(d, Scope::entity(c.schema)).unwrap();
            let sql = match kind {
                Kind::Bool => sql,
                _ => format!("({sql}) is not null"),
            };
            put("sql", functions::spoken(&sql));
        }
        0..=2 => return json!(expressions::boolean(d, Scope::entity(c.schema), 1)),
        3 | 4 => {
            let relation = d.choose(&c.schema.relations);
            put("did", json!(relation.name));
            traits::rows(d, relation, &mut map, 60);
            if d.percent(40) {
                map.insert(
                    "times".to_owned(),
                    json!(d.pick(&[">= 2", "= 1", "between 1 and 2", "< 2", "= 0", "in (1, 3)"])),
                );
            }
        }
        5 => {
            let relation = d.choose(&c.schema.relations);
            put("did_not", json!(relation.name));
            traits::rows(d, relation, &mut map, 70);
        }
        6..=8 => {
            let (mut aggregate, kind) = traits::aggregate(d, c.schema);
            aggregate.insert("is".to_owned(), json!(tail(d, kind)));
            return Json::Object(aggregate);
        }
        9 => {
            let timed: Vec<_> = c
                .schema
                .relations
                .iter()
                .filter(|r| r.time.is_some())
                .collect();
            let relation = timed[d.below(timed.len())];
            put("first_time", json!(relation.name));
            traits::rows(d, relation, &mut map, 0);
            traits::window(d, relation, relation.time.unwrap(), &mut map);
        }
        _ if c.segments.is_empty() => return json!("age > 2"),
        _ => {
            let one = |d: &mut Dice| d.choose(&c.segments).clone();
            let names = if d.percent(40) {
                json!([one(d), one(d)])
            } else {
                json!(one(d))
            };
            put(d.pick(&["in", "in", "not_in"]), names);
        }
    }
    Json::Object(map)
}

/// Of a date or a moment of the entity, in a window shorter than a year.
fn anniversary(d: &mut Dice, c: &Context<'_>) -> Json {
    let of = Scope::entity(c.schema).name(d, Kind::is_moment).unwrap().0;
    let mut map = Map::new();
    let days = |d: &mut Dice| {
        d.pick(&[
            "1 day",
            "3 days",
            "7 days",
            "2 weeks",
            "1 month",
            "1 quarter",
            "11 months",
        ])
    };
    let (key, window) = match d.below(6) {
        0..=2 => ("next", json!(days(d))),
        3 => ("within", json!(days(d))),
        4 => (
            "between",
            json!([d.pick(&["2 months", "30 days"]), days_short(d)]),
        ),
        _ => (
            "during",
            json!(d.pick(&[
                "today",
                "yesterday",
                "this week",
                "last month",
                "this month",
                "this quarter",
                "2025-12-28..2026-01-03",
                "2026-02",
                "2024-02"
            ])),
        ),
    };
    map.insert("anniversary".to_owned(), json!(of));
    map.insert(key.to_owned(), window);
    Json::Object(map)
}

fn days_short(d: &mut Dice) -> &'static str {
    d.pick(&["1 day", "3 days", "2 weeks"])
}

/// `stopped`, `restarted`, `regularly`
fn habit(d: &mut Dice, c: &Context<'_>) -> Json {
    let timed: Vec<_> = c
        .schema
        .relations
        .iter()
        .filter(|r| r.time.is_some())
        .collect();
    let relation = timed[d.below(timed.len())];
    let mut map = Map::new();
    traits::rows(d, relation, &mut map, 0);
    let mut put = |key: &str, value: &str| map.insert(key.to_owned(), json!(value));
    let kind = d.pick(&["stopped", "restarted", "regularly"]);
    put(kind, &relation.name);
    if kind == "regularly" {
        put(
            "every",
            d.pick(&["1 month", "1 week", "3 days", "1 quarter", "2 months"]),
        );
        put("periods", d.pick(&["1 of 2", "2 of 3", "3 of 6", "1 of 1"]));
        if d.percent(30) {
            put("times", d.pick(&[">= 2", "= 0", "= 1"]));
        }
    } else {
        let (active, quiet) = *d.choose(&[
            ("30 days", "7 days"),
            ("1 year", "1 month"),
            ("1 month", "3 days"),
            ("1 quarter", "1 week"),
        ]);
        put("active", active);
        put("quiet", quiet);
    }
    Json::Object(map)
}

/// Steps over relations whose times are of one kind.
fn sequence(d: &mut Dice, c: &Context<'_>) -> Json {
    let timed: Vec<_> = c
        .schema
        .relations
        .iter()
        .filter(|r| r.time.is_some())
        .collect();
    let first = timed[d.below(timed.len())];
    let time = first.time.unwrap();
    let alike = |r: &&&Relation| r.time == first.time && r.zone == first.zone;
    let alike: Vec<_> = timed.iter().filter(alike).collect();
    let mut steps = Vec::new();
    let count = 2 + d.below(3);
    let mut shared = first.names.clone();
    for n in 0..count {
        let relation = if n == 0 {
            &first
        } else {
            alike[d.below(alike.len())]
        };
        shared.retain(|name| relation.names.contains(name));
        let mut map = Map::new();
        let did = n == 0 || d.percent(65);
        let key = if did { "did" } else { "did_not" };
        map.insert(key.to_owned(), json!(relation.name));
        if n == 0 {
            traits::rows(d, relation, &mut map, 40);
            map.remove("next");
        } else {
            traits::rows(d, relation, &mut map, 0);
            if d.percent(50) && (did || n + 1 == count) {
                let length = traits::length(d, time);
                map.insert("within".to_owned(), json!(traits::words(length)));
            }
        }
        steps.push(Json::Object(map));
    }
    let mut sequence = json!({"sequence": steps});
    shared.retain(|(name, kind)| !name.contains('.') && matches!(kind, Kind::Text | Kind::Int));
    if let (Some((name, _)), true) = (shared.first(), d.percent(40)) {
        sequence["same"] = json!(name);
    }
    let dids = sequence["sequence"].as_array().unwrap().iter();
    if dids.filter(|step| step.get("did").is_some()).count() > 1 && d.percent(25) {
        sequence["total"] = json!(traits::words(traits::length(d, time)));
    }
    sequence
}

/// A comparison of an aggregate's value.
fn tail(d: &mut Dice, kind: Kind) -> String {
    if d.percent(15) {
        return d.pick(&["is null", "is not null"]).to_owned();
    }
    match kind {
        Kind::Int | Kind::Decimal | Kind::Float => expressions::tail(d),
        Kind::Text => d
            .pick(&["= 'a'", "<> 'b'", "in ('a', 'c')", "like 'a%'", "> 'a'"])
            .to_owned(),
        Kind::Bool => d.pick(&["= true", "is not true", "is false"]).to_owned(),
        Kind::Date => d
            .pick(&[
                ">= date '2025-12-31'",
                "< today()",
                "= today() - interval '1' day",
            ])
            .to_owned(),
        Kind::Instant => d
            .pick(&[">= date '2025-12-31'", "< as_of() - interval '7' day"])
            .to_owned(),
        Kind::Local => ">= date '2025-12-31'".to_owned(),
        Kind::Json | Kind::Tags | Kind::List => "is not null".to_owned(),
    }
}

pub(super) fn segment(d: &mut Dice, c: &mut Context<'_>, name: String) -> Json {
    let item = json!({"name": name, "where": condition(d, c, 2)});
    c.segments.push(name);
    item
}

pub(super) fn group(d: &mut Dice, c: &mut Context<'_>, name: &str) -> Json {
    let count = 1 + d.below(3);
    let cases: Vec<Json> = (0..count)
        .map(|n| json!({"name": format!("c{n}"), "where": condition(d, c, 1)}))
        .collect();
    c.segments
        .extend((0..count).map(|n| format!("{name}.c{n}")));
    let mut group = json!({"name": name, "cases": cases});
    if d.percent(60) {
        group["otherwise"] = json!("rest");
        c.segments.push(format!("{name}.rest"));
    }
    group
}

pub(super) fn split(d: &mut Dice, c: &mut Context<'_>, name: &str) -> Json {
    let of = d.choose(&c.segments).clone();
    c.segments
        .extend([format!("{name}.a"), format!("{name}.b")]);
    let arms = d.choose(&[("50%", "50%"), ("33.33%", "12.5%"), ("0.5%", "99.5%")]);
    json!({"name": name, "of": of, "salt": d.pick(&["x", "exp_a"]), "arms": {"a": arms.0, "b": arms.1}})
}
