//! Random conditions on what other tables say of segments: members of another entity, and the history of earlier builds.

use super::conditions::Context;
use super::dice::Dice;
use super::rows;
use super::schema::{Kind, Names, Schema, named};
use super::traits;
use crate::reference::value::Value;
use crate::reference::{Clock, Tables};
use serde_json::{Map, Value as Json, json};

/// Segments whose history there is; the first two are people's, the next two companies'. A renamed one has its former name.
const STAYS: [&str; 6] = ["s0", "s1", "s2", "s3", "g0.c0", FORMER];
pub(super) const FORMER: &str = "former";

/// The first segments of each entity, which its history tells of.
pub(super) fn with_stays(entity: usize) -> Vec<&'static str> {
    STAYS[2 * entity..2 * entity + 2].to_vec()
}

/// `in: …, over: …`, or a stay; None where there is nothing to speak of.
pub(super) fn condition(d: &mut Dice, c: &Context<'_>) -> Option<Json> {
    if d.percent(60) {
        across(d, c)
    } else {
        stay(d, c)
    }
}

fn across(d: &mut Dice, c: &Context<'_>) -> Option<Json> {
    let ways = &c.schema.ways;
    if ways.is_empty() {
        return None;
    }
    let (over, entity) = *d.choose(ways);
    let own = entity == c.schema.entity;
    let names = if own { &c.segments } else { &c.others };
    if names.is_empty() {
        return None;
    }
    let one = |d: &mut Dice| d.choose(names).clone();
    let named = if d.percent(40) {
        json!([one(d), one(d)])
    } else {
        json!(one(d))
    };
    let mut map = Map::new();
    map.insert(d.pick(&["in", "in", "not_in"]).to_owned(), named);
    let alone = ways.iter().filter(|(_, to)| *to == entity).count() == 1;
    if own || !alone || d.percent(60) {
        let relation = c.schema.relations.iter().find(|r| r.name == over);
        map.insert("over".to_owned(), json!(over));
        traits::rows(d, relation.unwrap(), &mut map, 40);
    }
    Some(Json::Object(map))
}

fn stay(d: &mut Dice, c: &Context<'_>) -> Option<Json> {
    if !c.history {
        return None;
    }
    let mut names = with_stays(c.schema.entity);
    let case = c.segments.iter().any(|s| s == "g0.c0");
    names.extend(case.then_some("g0.c0"));
    let mut map = Map::new();
    match d.pick(&["entered", "exited", "member_for"]) {
        "member_for" => {
            let length = |d: &mut Dice| {
                if d.percent(20) {
                    return json!(
                        d.pick(&["between 1 day and 1 month", "between 24 hours and 7 days"])
                    );
                }
                let op = d.pick(&[">=", ">", "<=", "<"]);
                json!(format!(
                    "{op} {}",
                    traits::words(traits::length(d, Kind::Instant))
                ))
            };
            let mut of = Map::new();
            for _ in 0..d.from(1, 2) {
                of.insert(d.pick(&names).to_owned(), length(d));
            }
            map.insert("member_for".to_owned(), Json::Object(of));
        }
        moved => {
            map.insert(moved.to_owned(), json!(d.pick(&names)));
            if d.percent(75) {
                traits::past(d, Kind::Instant, &mut map);
            }
        }
    }
    Some(Json::Object(map))
}

/// What earlier builds have published: stays of one key in one segment do not overlap.
pub(super) fn history(d: &mut Dice, schema: &Schema, clock: &Clock, tables: &mut Tables) {
    let columns: Names = [
        named(&[("segment", Kind::Text)]),
        vec![("entity_key".to_owned(), schema.key)],
        named(&[("valid_from", Kind::Instant), ("valid_to", Kind::Instant)]),
    ]
    .concat();
    let key = schema.columns[0].0.as_str();
    let people = &tables.0[schema.table];
    let at = people.columns.iter().position(|(name, _)| name == key);
    let mut keys: Vec<Value> = people
        .rows
        .iter()
        .map(|row| row[at.unwrap()].clone())
        .collect();
    keys.dedup_by(|a, b| a.equals(b));
    // Somebody who is gone.
    keys.push(rows::key(schema.key, 9_999));
    let mut stays = Vec::new();
    let names = [with_stays(schema.entity), vec!["g0.c0", FORMER]].concat();
    for key in keys {
        for segment in &names {
            if d.percent(50) {
                continue;
            }
            for [from, to] in rows::stretches(d, Kind::Instant, clock) {
                stays.push(vec![Value::text(segment), key.clone(), from, to]);
            }
        }
    }
    rows::insert(
        tables,
        &format!("segments.{}_history", schema.name),
        &columns,
        stays,
    );
}
