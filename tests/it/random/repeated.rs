//! Random items that `for_each` repeats.

use super::conditions::{self, Context};
use super::dice::Dice;
use super::schema::{Kind, Schema};
use super::traits;
use serde_json::{Value as Json, json};

/// Values of a parameter, their parts of names, and conditions on an entity and on an order that speak of one.
type Values = (&'static [&'static str], [&'static str; 3]);

const TEXTS: [Values; 2] = [
    (
        &["a", "B"],
        [
            "country = {{ p }}",
            "coalesce(country, {{ p }}) = {{ p }}",
            "channel = {{ p }}",
        ],
    ),
    (
        &["ab", "C", "x"],
        [
            "contains(country, {{ p }})",
            "lower({{ p }}) = country",
            "status <> {{ p }}",
        ],
    ),
];
const NUMBERS: [&str; 3] = ["age > {{ p }}", "age between {{ p }} and 4", "n < {{ p }}"];

struct Parameter {
    values: Json,
    names: Vec<String>,
    conditions: [&'static str; 3],
    number: bool,
}

fn parameter(d: &mut Dice) -> Parameter {
    let number = d.percent(50);
    if number {
        return Parameter {
            values: json!([1, 3]),
            names: vec!["1".to_owned(), "3".to_owned()],
            conditions: NUMBERS,
            number,
        };
    }
    let (values, conditions) = *d.choose(&TEXTS);
    Parameter {
        values: json!(values),
        names: values.iter().map(|v| v.to_lowercase()).collect(),
        conditions,
        number,
    }
}

/// A trait; its copies become names.
pub(super) fn a_trait(d: &mut Dice, schema: &mut Schema, name: &str) -> Json {
    let p = parameter(d);
    let named = format!("{name}_{{{{ p }}}}");
    let (mut item, kind) = if d.percent(30) {
        let sql = format!("case when {} then age else 0 end", p.conditions[0]);
        (json!({"sql": sql}), Kind::Int)
    } else {
        let filter = p.conditions[2];
        (
            json!({"sum": "orders.total", "where": filter}),
            Kind::Decimal,
        )
    };
    if p.number && item.get("sum").is_some() && d.percent(50) {
        item["within"] = json!("{{ p }} months");
    }
    item["name"] = json!(named);
    item["for_each"] = json!({"p": p.values});
    for part in p.names {
        schema.names.push((format!("{name}_{part}"), kind));
    }
    item
}

/// A segment, and one that refers to its copies by its own parameter; or a group.
pub(super) fn segments(d: &mut Dice, c: &mut Context<'_>, name: &str) -> Vec<Json> {
    let p = parameter(d);
    let leaf = d.pick(&[p.conditions[0], p.conditions[1]]);
    let mut map = serde_json::Map::new();
    let relation = &c.schema.relations[0];
    map.insert("did".to_owned(), json!(relation.name));
    map.insert("where".to_owned(), json!(p.conditions[2]));
    if p.number {
        map.insert("within".to_owned(), json!("{{ p }} months"));
    } else {
        traits::window(d, relation, relation.time.unwrap(), &mut map);
    }
    let did = Json::Object(map);
    let other = conditions::condition(d, c, 0);
    let condition = match d.below(4) {
        0 => json!([leaf, other]),
        1 => json!({"any": [leaf, did]}),
        2 => json!([did, {"not": leaf}]),
        _ => json!({"any": [other, {"all": [leaf, did]}]}),
    };
    let first = json!({"name": format!("{name}_{{{{ p }}}}"), "for_each": {"p": p.values}, "where": condition});
    let second = json!({"name": format!("{name}_{{{{ p }}}}_{{{{ q }}}}"), "for_each": {"p": p.values, "q": [0, 2]},
        "where": [{"not_in": format!("{name}_{{{{ p }}}}")}, "age >= {{ q }}"]});
    for part in p.names {
        c.segments.push(format!("{name}_{part}"));
        c.segments
            .extend([0, 2].map(|q| format!("{name}_{part}_{q}")));
    }
    vec![first, second]
}

pub(super) fn group(d: &mut Dice, c: &mut Context<'_>, name: &str) -> Json {
    let p = parameter(d);
    let cases = json!([
        {"name": "first", "where": p.conditions[0]},
        {"name": "second", "where": conditions::condition(d, c, 0)},
    ]);
    for part in &p.names {
        c.segments
            .extend(["first", "rest"].map(|case| format!("{name}_{part}.{case}")));
    }
    json!({"name": format!("{name}_{{{{ p }}}}"), "for_each": {"p": p.values}, "cases": cases, "otherwise": "rest"})
}
