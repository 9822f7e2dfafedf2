//! A second entity: companies, with rows of their own, and relations of people and companies that lead to one another.

use super::dice::Dice;
use super::rows::{self, Set};
use super::schema::{Kind, Names, Relation, Schema, columns, named};
use crate::reference::{Clock, Tables};
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

pub(super) const COMPANY: usize = 1;

fn relation(name: &'static str, columns: Names, time: Option<Kind>, zone: &TimeZone) -> Relation {
    Relation {
        name: name.to_owned(),
        table: name,
        names: columns.clone(),
        columns,
        time,
        zone: zone.clone(),
        parent: None,
        future: false,
    }
}

/// Declares companies, and leads relations of people to them.
pub(super) fn companies(
    d: &mut Dice,
    people: &mut Schema,
    person: &mut Json,
    zone: &TimeZone,
) -> (Schema, Json) {
    let key = if d.percent(50) { Kind::Int } else { Kind::Text };
    let own = [
        vec![("company_id".to_owned(), key)],
        named(&[
            ("sector", Kind::Text),
            ("age", Kind::Int),
            ("capital", Kind::Decimal),
            ("rating", Kind::Float),
            ("open", Kind::Bool),
            ("founded", Kind::Date),
            ("listed", Kind::Instant),
        ]),
    ]
    .concat();
    let mut schema = Schema {
        key,
        columns: own.clone(),
        names: own.clone(),
        relations: Vec::new(),
        lookups: Vec::new(),
        populations: people.populations,
        versioned: None,
        opt_outs: None,
        entity: COMPANY,
        name: "company",
        table: "companies",
        ways: Vec::new(),
    };
    let moment = *d.choose(&[Kind::Date, Kind::Instant]);
    let bills = [
        vec![("company_id".to_owned(), key)],
        named(&[
            ("at", moment),
            ("amount", Kind::Decimal),
            ("memo", Kind::Text),
            ("n", Kind::Int),
        ]),
    ]
    .concat();
    // Back to people.
    let staff = vec![
        ("company_id".to_owned(), key),
        ("member".to_owned(), people.key),
        ("role".to_owned(), Kind::Text),
        ("rank".to_owned(), Kind::Int),
    ];
    let company = json!({"name": "company", "table": "companies", "key": "company_id", "columns": columns(&own), "suppress": ["not open"],
    "relations": [
        {"name": "bills", "table": "bills", "on": "company_id", "time": "at", "columns": columns(&bills)},
        {"name": "staff", "table": "staff", "on": "company_id", "entity": "customer", "to": "member", "columns": columns(&staff)},
    ]});
    schema
        .relations
        .push(relation("bills", bills, Some(moment), zone));
    schema.relations.push(relation("staff", staff, None, zone));
    schema.ways.push(("staff", people.entity));
    ways(d, people, person, zone, key);
    (schema, company)
}

/// Relations of people that lead to companies and to other people.
fn ways(d: &mut Dice, people: &mut Schema, person: &mut Json, zone: &TimeZone, company: Kind) {
    let mut add = |relation: Relation, declared: Json, entity: usize| {
        people.ways.push((relation.table, entity));
        people.relations.push(relation);
        person["relations"].as_array_mut().unwrap().push(declared);
    };
    let moment = *d.choose(&[Kind::Date, Kind::Instant, Kind::Local]);
    let jobs = vec![
        ("customer_id".to_owned(), people.key),
        ("employer".to_owned(), company),
        ("at".to_owned(), moment),
        ("role".to_owned(), Kind::Text),
        ("hours".to_owned(), Kind::Int),
    ];
    let mut declared = json!({"name": "jobs", "table": "jobs", "on": "customer_id", "time": "at", "entity": "company", "to": "employer",
        "columns": columns(&jobs)});
    if d.percent(30) {
        declared["where"] = json!(d.pick(&["role <> 'b'", "hours > 0"]));
    }
    let mut leading = relation("jobs", jobs, Some(moment), zone);
    leading.future = d.percent(30);
    if leading.future {
        declared["future"] = json!(true);
    }
    add(leading, declared, COMPANY);
    if d.percent(30) {
        // By the column that is named like the company's key.
        let shares = vec![
            ("customer_id".to_owned(), people.key),
            ("company_id".to_owned(), company),
            ("part".to_owned(), Kind::Decimal),
        ];
        let declared = json!({"name": "shares", "table": "shares", "on": "customer_id", "entity": "company", "columns": columns(&shares)});
        add(relation("shares", shares, None, zone), declared, COMPANY);
    }
    if d.percent(40) {
        let friends = vec![
            ("customer_id".to_owned(), people.key),
            ("friend".to_owned(), people.key),
            ("closeness".to_owned(), Kind::Int),
        ];
        let declared = json!({"name": "friends", "table": "friends", "on": "customer_id", "entity": "customer", "to": "friend",
            "columns": columns(&friends)});
        add(
            relation("friends", friends, None, zone),
            declared,
            people.entity,
        );
    }
    if d.percent(40) {
        // A child relation leads where it says itself.
        let items = people.relations.iter_mut().find(|r| r.name == "items");
        let items = items.unwrap();
        items.columns.push(("maker".to_owned(), company));
        items.names.push(("maker".to_owned(), company));
        let relations = person["relations"].as_array_mut().unwrap();
        let declared = relations.iter_mut().find(|r| r["name"] == "items").unwrap();
        declared["entity"] = json!("company");
        declared["to"] = json!("maker");
        declared["columns"] = columns(&items.columns);
        people.ways.push(("items", COMPANY));
    }
}

/// Companies and their rows, beside each set of people.
pub(super) fn tables(
    d: &mut Dice,
    schema: &Schema,
    clock: &Clock,
    sets: usize,
    tables: &mut Tables,
) {
    let mut companies = Vec::new();
    let mut relations = vec![Vec::new(); schema.relations.len()];
    for set in 0..sets as i64 {
        let set = Set {
            first: set * 10,
            people: rows::size(d, 4),
            first_order: 0,
        };
        for n in 1..=set.people {
            let mut row = rows::row(d, &schema.columns, clock, &clock.zone);
            row[0] = rows::key(schema.key, set.first + n);
            companies.push(row);
        }
        for (relation, all) in schema.relations.iter().zip(&mut relations) {
            let count = rows::size(d, 10);
            all.extend(rows::relation_rows(d, relation, clock, &set, count));
        }
    }
    rows::insert(tables, schema.table, &schema.columns, companies);
    for (relation, rows) in schema.relations.iter().zip(relations) {
        rows::insert(tables, relation.table, &relation.columns, rows);
    }
}
