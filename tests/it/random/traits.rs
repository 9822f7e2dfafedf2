//! Random traits: every aggregate over every kind, in SQL and in YAML.

use super::dice::Dice;
use super::expressions::{self, Scope};
use super::functions;
use super::population;
use super::rows::LENGTHS;
use super::schema::{Kind, Relation, Schema};
use segc::expr::Unit;
use serde_json::{Map, Value as Json, json};

/// A trait and its kind.
pub(super) fn a_trait(d: &mut Dice, schema: &Schema, name: &str) -> (Json, Kind) {
    let mut item = Map::new();
    item.insert("name".to_owned(), json!(name));
    if d.percent(6)
        && let Some((sql, kind)) = functions::native(d, Scope::entity(schema))
    {
        item.insert("sql".to_owned(), functions::spoken(&sql));
        item.insert("type".to_owned(), json!(kind.name()));
        return (Json::Object(item), kind);
    }
    if d.percent(30) {
        let scope = Scope::entity(schema);
        let (sql, kind) = match d.below(5) {
            4 if schema.entity == 0 => (functions::text(d, scope).unwrap(), Kind::Text),
            0 => (expressions::boolean(d, scope, 2), Kind::Bool),
            1 => {
                let (x, _) = scope.name(d, |k| k == Kind::Text).unwrap();
                let (y, _) = scope.name(d, |k| k == Kind::Text).unwrap();
                let sql = d.pick(&[
                    "coalesce({x}, {y})",
                    "{x} || {y}",
                    "if({x} = 'a', {y}, {x})",
                    "upper({x})",
                    "nullif({x}, {y})",
                    "greatest({x}, {y})",
                ]);
                (sql.replace("{x}", &x).replace("{y}", &y), Kind::Text)
            }
            _ => (expressions::number(d, scope, 2), Kind::Float),
        };
        item.insert("sql".to_owned(), json!(sql));
        return (Json::Object(item), kind);
    }
    let (value, kind) = if schema.populations && d.percent(25) {
        population::a_trait(d, schema)
    } else {
        aggregate(d, schema)
    };
    item.extend(value);
    if d.percent(20) {
        let default = match kind {
            Kind::Int => "7",
            Kind::Decimal | Kind::Float => "0.5",
            Kind::Text => "'none'",
            Kind::Bool => "true",
            Kind::Date => "date '2025-01-01'",
            Kind::Instant => "timestamp '2025-01-01 00:00Z'",
            Kind::Local => "datetime '2025-01-01 00:00'",
            Kind::Json | Kind::Tags | Kind::List => return (Json::Object(item), kind),
        };
        item.insert("default".to_owned(), json!(default));
    }
    (Json::Object(item), kind)
}

/// `sum: orders.total, where: …, within: …`, and the kind of its value.
pub(super) fn aggregate(d: &mut Dice, schema: &Schema) -> (Map<String, Json>, Kind) {
    let mut map = Map::new();
    let relation = d.choose(&schema.relations);
    let function = *d.choose(&[
        "count",
        "count",
        "exists",
        "count_distinct",
        "sum",
        "sum",
        "avg",
        "min",
        "max",
        "median",
        "stddev",
        "first",
        "last",
        "most_frequent",
        "least_frequent",
        "days_since_first",
        "days_since_last",
        "avg_days_between",
        "list_distinct",
    ]);
    let scope = Scope::rows(&relation.names);
    let timed = relation.time.is_some();
    let name = relation.name.clone();
    let target = |column: &str| match &relation.parent {
        Some(parent) if column.starts_with(&format!("{parent}.")) => None,
        Some(_) | None => Some(format!("{name}.{column}")),
    };
    let (target, of, kind) = match function {
        "count" | "exists" => {
            let kind = if function == "count" {
                Kind::Int
            } else {
                Kind::Bool
            };
            let column = scope.name(d, |_| true).and_then(|(c, _)| target(&c));
            let column = column.filter(|_| d.percent(20));
            (column.unwrap_or_else(|| name.clone()), None, kind)
        }
        "days_since_first" | "days_since_last" if timed => (name.clone(), None, Kind::Int),
        "avg_days_between" if timed => (name.clone(), None, Kind::Float),
        "days_since_first" | "days_since_last" | "avg_days_between" => {
            map.insert("count".to_owned(), json!(name));
            return (map, Kind::Int);
        }
        function => {
            let number = matches!(function, "sum" | "avg" | "median" | "stddev");
            let fits = |k: Kind| match function {
                "first" | "last" if timed => true,
                "first" | "last" | "min" | "max" => k.can_order() && k != Kind::Bool,
                _ if number => k.is_number(),
                _ => k.can_order(),
            };
            let (column, kind) = scope.name(d, fits).unwrap();
            let function = match function {
                "first" | "last" if !timed => "max",
                other => other,
            };
            let kind = match function {
                "count_distinct" => Kind::Int,
                "avg" | "median" | "stddev" => Kind::Float,
                "list_distinct" if kind == Kind::Text => Kind::Tags,
                "list_distinct" => Kind::List,
                _ => kind,
            };
            let (of, kind) = if number && d.percent(25) {
                let kind = if function == "sum" { Kind::Float } else { kind };
                (Some(expressions::number(d, scope, 1)), kind)
            } else if target(&column).is_none() {
                (Some(column.clone()), kind)
            } else {
                (None, kind)
            };
            let target = match &of {
                Some(_) => name.clone(),
                None => target(&column).unwrap(),
            };
            map.insert(function.to_owned(), json!(target));
            if let Some(of) = of {
                map.insert("of".to_owned(), json!(of));
            }
            rows(d, relation, &mut map, 40);
            return (map, kind);
        }
    };
    map.insert(function.to_owned(), json!(target));
    if let Some::<String>(of) = of {
        map.insert("of".to_owned(), json!(of));
    }
    rows(d, relation, &mut map, 40);
    (map, kind)
}

/// `where` and a window.
pub(super) fn rows(d: &mut Dice, relation: &Relation, map: &mut Map<String, Json>, percent: usize) {
    let scope = Scope::rows(&relation.names);
    if d.percent(40) {
        let first = expressions::boolean(d, scope, 1);
        let filter = if d.percent(25) {
            json!([first, expressions::boolean(d, scope, 0)])
        } else {
            json!(first)
        };
        map.insert("where".to_owned(), filter);
    }
    if let (Some(time), true) = (relation.time, d.percent(percent)) {
        window(d, relation, time, map);
    }
}

pub(super) fn length(d: &mut Dice, time: Kind) -> (u32, Unit) {
    loop {
        let (count, unit) = *d.choose(&LENGTHS);
        if time != Kind::Date || !unit.is_elapsed() {
            return (count, unit);
        }
    }
}

pub(super) fn words((count, unit): (u32, Unit)) -> String {
    format!(
        "{count} {}{}",
        unit.name(),
        if count == 1 { "" } else { "s" }
    )
}

pub(super) fn window(d: &mut Dice, relation: &Relation, time: Kind, map: &mut Map<String, Json>) {
    if relation.future && d.percent(50) {
        map.insert("next".to_owned(), json!(words(length(d, time))));
    } else {
        past(d, time, map);
    }
}

/// A window that looks back.
pub(super) fn past(d: &mut Dice, time: Kind, map: &mut Map<String, Json>) {
    let mut put = |key: &str, value: Json| {
        map.insert(key.to_owned(), value);
    };
    match d.below(10) {
        0..=3 => put("within", json!(words(length(d, time)))),
        4 => put("before", json!(words(length(d, time)))),
        5 | 6 => {
            let (far, near) = (length(d, time), length(d, time));
            let days = |(count, unit): (u32, Unit)| {
                count as f64
                    * match unit {
                        Unit::Second => 0.0,
                        Unit::Minute => 1.0 / 1440.0,
                        Unit::Hour => 1.0 / 24.0,
                        Unit::Day => 1.0,
                        Unit::Week => 7.0,
                        Unit::Month => 30.0,
                        Unit::Quarter => 91.0,
                        Unit::Year => 365.0,
                    }
            };
            if (days(far) - days(near)).abs() < 2.0 {
                put("between", json!(["2 months", "3 days"]));
            } else if days(far) > days(near) {
                put("between", json!([words(far), words(near)]));
            } else {
                put("between", json!([words(near), words(far)]));
            }
        }
        7 => {
            let dates = [
                "2024-12-31",
                "2025-03-09",
                "2025-09-07",
                "2025-11-02",
                "2026-01-01",
                "2026-01-24",
            ];
            let first = d.below(dates.len());
            let until = first + 1 + d.below(dates.len() - first);
            match (d.below(3), dates.get(until)) {
                (0, _) | (_, None) => put("since", json!(dates[first])),
                (1, _) => put("until", json!(dates[first])),
                (_, Some(until)) => {
                    put("since", json!(dates[first]));
                    put("until", json!(until));
                }
            }
        }
        _ => put(
            "during",
            json!(d.pick(&[
                "today",
                "yesterday",
                "this week",
                "last week",
                "this month",
                "last month",
                "this quarter",
                "last quarter",
                "this year",
                "last year",
                "2025",
                "2025-Q4",
                "2025-11",
                "2025-11-02..2025-11-30",
            ])),
        ),
    }
}
