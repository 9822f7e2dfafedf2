//! Random ranks, population statistics, `top` and `bottom`.

use super::conditions::{self, Context};
use super::dice::Dice;
use super::expressions::{self, Scope};
use super::schema::{Kind, Schema};
use serde_json::{Map, Value as Json, json};

/// What a rank or a statistic trait says, and its kind.
pub(super) fn a_trait(d: &mut Dice, schema: &Schema) -> (Map<String, Json>, Kind) {
    let mut map = Map::new();
    let x = compared(d, schema);
    let kind = match d.below(6) {
        0 | 1 => {
            map.insert("rank".to_owned(), json!(x));
            if d.percent(40) {
                map.insert("order".to_owned(), json!(d.pick(&["asc", "desc"])));
            }
            if d.percent(60) {
                map.insert("ties".to_owned(), json!(d.pick(&["min", "dense", "break"])));
            }
            Kind::Int
        }
        2 => {
            map.insert("percentile".to_owned(), json!(x));
            Kind::Float
        }
        3 => {
            let word = d.pick(&["ntile", "quintile", "decile"]);
            let of = if word == "ntile" {
                json!({"of": x, "buckets": d.from(1, 7)})
            } else {
                json!(x)
            };
            map.insert(word.to_owned(), of);
            if d.percent(50) {
                map.insert("ties".to_owned(), json!(d.pick(&["same", "break"])));
            }
            Kind::Int
        }
        4 => {
            let at = d.pick(&["0.9", "0.5", "0.07", "0.25", "1", "0"]);
            let at: Json = at.parse().unwrap();
            map.insert("population".to_owned(), json!({"quantile": x, "at": at}));
            Kind::Float
        }
        _ => {
            let function = d.pick(&["count", "sum", "avg", "min", "max", "median", "stddev"]);
            map.insert("population".to_owned(), json!({function: x}));
            if function == "count" {
                Kind::Int
            } else {
                Kind::Float
            }
        }
    };
    among(d, schema, &mut map);
    (map, kind)
}

/// `top: 10%`, `by: x`
pub(super) fn top(d: &mut Dice, c: &Context<'_>) -> Json {
    let mut map = Map::new();
    let first = *d.choose(&["10%", "33.33%", "50%", "100%", "1", "2", "3"]);
    let first = first.parse().map_or(json!(first), |n: u32| json!(n));
    map.insert(d.pick(&["top", "bottom"]).to_owned(), first);
    map.insert("by".to_owned(), json!(compared(d, c.schema)));
    if d.percent(60) {
        map.insert(
            "ties".to_owned(),
            json!(d.pick(&["break", "include", "exclude"])),
        );
    }
    among(d, c.schema, &mut map);
    Json::Object(map)
}

/// A number that is no quotient: the last digit of a float decides who is first.
fn compared(d: &mut Dice, schema: &Schema) -> String {
    if d.percent(40) {
        return expressions::exact_aggregate(d, schema);
    }
    let exact = |k: Kind| matches!(k, Kind::Int | Kind::Decimal);
    Scope::entity(schema).name(d, exact).unwrap().0
}

fn among(d: &mut Dice, schema: &Schema, map: &mut Map<String, Json>) {
    if d.percent(40) {
        let context = Context::new(schema);
        map.insert("among".to_owned(), conditions::condition(d, &context, 0));
    }
    if d.percent(40) {
        let exact = |k: Kind| matches!(k, Kind::Text | Kind::Bool | Kind::Int | Kind::Date);
        let per = Scope::entity(schema).name(d, exact).unwrap().0;
        map.insert("per".to_owned(), json!(per));
    }
}
