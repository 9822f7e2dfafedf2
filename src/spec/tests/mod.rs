//! What must be true of reading specs.

mod conditions;

use super::*;
use crate::diag::codes;
use crate::source::FileId;
use crate::yaml::{self, form::Need};
use proptest::prelude::*;

/// Reads one file without vars.
fn read_text(text: &str) -> (Spec, Diagnostics) {
    read_with(text, "{}")
}

fn read_with(text: &str, vars: &str) -> (Spec, Diagnostics) {
    let mut diags = Diagnostics::default();
    let NodeKind::Map(vars) = yaml::parse(FileId(1), vars, &mut diags).kind else {
        panic!("vars are a map");
    };
    let node = yaml::parse(FileId(0), text, &mut diags);
    let spec = read(&[node], &vars, &mut diags);
    (spec, diags)
}

fn good(text: &str) -> Spec {
    let (spec, diags) = read_text(text);
    assert!(diags.is_empty(), "{text}\n{diags:#?}");
    spec
}

/// Code, text under the first label, message.
fn found(text: &str) -> Vec<(&'static str, String, String)> {
    let (_, diags) = read_text(text);
    diags
        .iter()
        .map(|d| {
            let span = d.span().expect("every diagnostic has a place");
            assert!(d.help.is_some() || !d.notes.is_empty(), "no hint: {d:?}");
            let at = text
                .get(span.start as usize..span.end as usize)
                .expect("a place in the text");
            (d.code.id, at.to_owned(), d.message.clone())
        })
        .collect()
}

/// The diagnostics of one segment with this `where`: code and place.
fn wrong(condition: &str) -> Vec<(&'static str, String)> {
    let text = format!("segments:\n  - name: s\n    where:\n      {condition}\n");
    found(&text)
        .into_iter()
        .map(|(code, at, _)| (code, at))
        .collect()
}

fn condition_of(condition: &str) -> ConditionKind {
    let text = format!("segments:\n  - name: s\n    where:\n      {condition}\n");
    let spec = good(&text);
    let segment = spec.segments.into_iter().next();
    segment.expect("one segment").condition.kind
}

const EVERYTHING: &str = r#"
entities:
  - name: customer
    description: People who buy
    owner: crm
    tags: [core]
    meta: {b: 1, a: [x, null, 0.10]}
    table: ref('dim_customers')
    key: customer_id
    columns: {country: string, tags: array<string>}
    suppress: [is_deleted, {did: opt_outs}]
    channels: {email: email is not null}
    lookups:
      - name: home_store
        table: shop.stores
        on: store_id
        lookups: [{name: region, table: regions, on: {region_id: id}}]
    relations:
      - name: orders
        table: source('shop', 'orders')
        on: {customer_id: buyer_id}
        key: [order_id, line]
        time: ordered_at
        time_zone: Europe/Paris
        where: status <> 'cancelled'
        columns: {total: "decimal(10,2)"}
      - name: items
        table: file('data/items.parquet')
        via: orders
        on: order_id
        where: [a > 1, b > 2]
      - {name: opt_outs, table: {sql: "select * from x"}, on: customer_id}
traits:
  - {name: revenue, sum: orders.total, within: 365 days, default: 0}
  - {name: aov, sql: 'revenue / nullif(count(orders), 0)', entity: customer}
  - {name: months, count_distinct: orders, of: "date_trunc('month', t)", between: [1 year, 1 month]}
segments:
  - name: vip
    title: Best
    description: Very good
    where: revenue > 500
    expose: [email]
    channels: [email]
    action: call
    kpi: they buy
    suppress: false
    suppress_reason: they asked
    expires_on: 2027-01-01
    enabled: false
groups:
  - name: lifecycle
    cases:
      - {name: new, title: New, where: [{first_time: orders, within: 30 days}]}
    otherwise: prospect
"#;

#[test]
fn everything_is_read() {
    let spec = good(EVERYTHING);
    let entity = spec.entities.first().expect("customer");
    assert_eq!(entity.key.value, "customer_id");
    assert_eq!(entity.suppress.len(), 2);
    assert_eq!(
        entity.item.meta.as_deref(),
        Some(r#"{"a":["x",null,0.10],"b":1}"#)
    );
    let orders = entity.relations.first().expect("orders");
    assert_eq!(orders.key.len(), 2);
    assert_eq!(
        orders
            .on
            .pairs
            .first()
            .map(|(a, b)| (a.as_str(), b.as_str())),
        Some(("customer_id", "buyer_id"))
    );
    assert!(matches!(orders.table, TableSpec::Source(..)));
    assert_eq!(entity.relations.get(1).map(|r| r.filter.len()), Some(2));
    assert_eq!(spec.traits.len(), 3);
    let vip = spec.segments.first().expect("vip");
    assert!(!vip.enabled && !vip.suppress.value);
    assert_eq!(
        vip.expires_on.map(|d| d.value.to_string()).as_deref(),
        Some("2027-01-01")
    );
    assert_eq!(spec.groups.first().map(|g| g.cases.len()), Some(1));
    assert!(spec.broken.is_empty());
}

#[test]
fn what_a_later_version_reads_is_said_once_at_its_key() {
    let not_yet = |at: &str| vec![(codes::spec::NOT_YET.id, at.to_owned())];
    let places = |text: &str| {
        found(text)
            .into_iter()
            .map(|(c, at, _)| (c, at))
            .collect::<Vec<_>>()
    };
    {
        let key = "materialized";
        let text = format!("segments:\n  - {{name: s, where: a, {key}: 1}}\n");
        assert_eq!(places(&text), not_yet(key), "{key}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_and_broken_items_are_named() {
    let text = "segments:\n  - {name: Vip!, where: a}\n  - {name: b, whree: a}\n  - {name: c, where: a, title: 5}\n  - 7\n  - {name: d, where: {dit: x}}\n  - {name: e, where: a}\ntrats: []\n";
    let all = found(text);
    let codes: Vec<_> = all.iter().map(|(c, at, _)| (*c, at.as_str())).collect();
    assert_eq!(
        codes,
        [
            ("S0101", "trats"),
            ("S0104", "Vip!"),
            ("S0101", "whree"),
            ("S0103", "5"),
            ("S0103", "7"),
            ("S0108", "dit"),
        ]
    );
    let (spec, _) = read_text(text);
    let broken: Vec<_> = spec.broken.iter().map(|n| n.as_str()).collect();
    assert_eq!(broken, ["b", "d"]);
}

#[test]
fn a_name_means_one_thing_and_both_places_are_shown() {
    let text = "traits: [{name: vip, sql: a}]\nsegments: [{name: vip, where: a}]\n";
    let (_, diags) = read_text(text);
    let d = diags.iter().next().expect("one");
    assert_eq!((d.code.id, d.labels.len()), ("S0105", 2));
    assert_eq!(d.message, "the name `vip` is a trait and a segment");
    let codes = |text: &str| {
        found(text)
            .into_iter()
            .map(|(c, at, _)| (c, at))
            .collect::<Vec<_>>()
    };
    let twice = |at: &str| vec![("S0105", at.to_owned())];
    assert_eq!(
        codes("groups: [{name: g, cases: [{name: a, where: x}, {name: a, where: y}]}]"),
        twice("a")
    );
    assert_eq!(
        codes("groups: [{name: g, cases: [{name: a, where: x}], otherwise: a}]"),
        twice("a")
    );
    assert_eq!(
        codes(
            "entities: [{name: c, table: t, key: k, relations: [{name: x, table: t, on: k}], lookups: [{name: x, table: t, on: k}]}]"
        ),
        twice("x")
    );
    assert_eq!(
        codes("segments: [{name: vip, where: a, channels: [email]}, {name: vip__email, where: a}]"),
        twice("vip__email")
    );
    assert_eq!(
        codes(
            "segments: [{name: g__a, where: x}]\ngroups: [{name: g, cases: [{name: a, where: x}]}]"
        ),
        twice("a")
    );
}

#[test]
fn tables_and_suppression_that_cannot_be() {
    let places = |text: &str| {
        found(text)
            .into_iter()
            .map(|(c, at, _)| (c, at))
            .collect::<Vec<_>>()
    };
    let table = |table: &str| places(&format!("entities: [{{name: e, key: k, table: {table}}}]"));
    let bad = |at: &str| vec![(codes::spec::BAD_TABLE.id, at.to_owned())];
    assert_eq!(table("ref(x)"), bad("ref(x)"));
    assert_eq!(table("a b"), bad("a b"));
    assert_eq!(
        table("\"{{ ref('x') }}\""),
        [("S0114", "{{ ref('x') }}".to_owned())]
    );
    assert_eq!(
        places("segments: [{name: s, where: a, suppress: false}]"),
        [(codes::spec::SUPPRESS_REASON.id, "suppress".to_owned())]
    );
    assert!(
        places("segments: [{name: s, where: a, suppress: false, suppress_reason: x}]").is_empty()
    );
}

#[test]
fn vars_are_put_into_texts_but_not_into_sql() {
    let vars = "{days: 90, name: orders, list: [a, b], n: 2}";
    let text = "segments:\n  - name: s\n    where:\n      - {did: \"{{ var('name') }}\", within: \"{{ var('days') }} days\"}\n      - \"x > {{ var('n') }}\"\n      - {at_least: \"{{ var('n') }}\", of: [p, q]}\n      - {in: \"{{ var('list') }}\"}\n";
    let (spec, diags) = read_with(text, vars);
    assert!(diags.is_empty(), "{diags:#?}");
    let segment = spec.segments.first().expect("s");
    let ConditionKind::All(list) = &segment.condition.kind else {
        panic!("a list")
    };
    let kinds: Vec<String> = list.iter().map(|c| format!("{:?}", c.kind)).collect();
    assert!(
        kinds
            .iter()
            .any(|k| k.contains("\"orders\"") && k.contains("count: 90")),
        "{kinds:?}"
    );
    assert!(kinds.iter().any(|k| k.contains("x > {{ var('n') }}")));
    assert!(
        matches!(list.last().map(|c| &c.kind), Some(ConditionKind::In(names)) if names.len() == 2)
    );
    // The hash of a definition knows the values that the definition uses.
    let other = read_with(
        text,
        "{days: 30, name: orders, list: [a, b], n: 2, unused: 1}",
    )
    .0;
    let canonical = |spec: &Spec| spec.segments.first().map(|s| s.item.canonical.clone());
    assert_ne!(canonical(&spec), canonical(&other));
    let unused = read_with(
        text,
        "{days: 90, name: orders, list: [a, b], n: 2, unused: 1}",
    )
    .0;
    assert_eq!(canonical(&spec), canonical(&unused));

    let codes = |text: &str| {
        let (_, diags) = read_with(text, vars);
        diags.iter().map(|d| d.code.id).collect::<Vec<_>>()
    };
    assert_eq!(
        codes("segments: [{name: s, where: {did: \"{{ var('nam') }}\"}}]"),
        ["S0115"]
    );
    assert_eq!(
        codes("segments: [{name: s, where: \"{{ env_var('X') }}\"}]"),
        ["S0114"]
    );
    assert_eq!(
        codes("segments: [{name: s, where: \"{% if x %} a {% endif %}\"}]"),
        ["S0114", "S0114"]
    );
    assert_eq!(
        codes("segments: [{name: s, where: a, title: \"x {{ var('list') }}\"}]"),
        ["S0103"]
    );
}

#[test]
fn the_canonical_text_leaves_out_the_name_and_words_and_sorts_keys() {
    let canonical = |text: &str| {
        let spec = good(text);
        spec.segments.first().expect("one").item.canonical.clone()
    };
    let a = canonical(
        "segments: [{where: [a, {did: x, within: 1 day}], name: s, title: T, tags: [t], meta: {m: 1}}]",
    );
    let b = canonical(
        "segments:\n  - name: s\n    description: other words\n    where:\n      - a\n      - within: 1 day\n        did: x\n",
    );
    assert_eq!(a, b);
    assert_eq!(a, r#"{"where":["a",{"did":"x","within":"1 day"}]}"#);
}

#[test]
fn an_error_inside_a_block_of_sql_has_its_own_place() {
    let text = "segments:\r\n  - name: s\r\n    where: |\r\n      a > 1\r\n        and bb > 2\r\n";
    let spec = good(text);
    let ConditionKind::Sql(sql) = &spec.segments.first().expect("s").condition.kind else {
        panic!("an expression");
    };
    let at = sql.text.find("bb").expect("it is there");
    let at = u32::try_from(at).expect("small");
    let (from, to) = *sql
        .map
        .iter()
        .rev()
        .find(|(t, _)| *t <= at)
        .expect("the first is 0");
    let file = (to + at - from) as usize;
    assert_eq!(text.get(file..file + 2), Some("bb"));
}

/// The keys that a map of the form must have, with values that are fine.
fn needed(form: &Form) -> &'static str {
    match form.name {
        "an entity" => "name: a, table: t, key: k",
        "a lookup" | "a relation" => "name: a, table: t, on: k",
        "a trait" => "name: a, count: r",
        "a segment" | "a case" => "name: a, where: x",
        "a group" => "name: a, cases: [{name: b, where: x}]",
        "an aggregate" => "count: r, is: '> 1'",
        "`did`" => "did: r",
        "`did_not`" => "did_not: r",
        "`first_time`" => "first_time: r, within: 1 day",
        _ => "",
    }
}

/// A file with one such map.
fn around(form: &Form, map: &str) -> String {
    match form.name {
        "an entity" => format!("entities: [{map}]"),
        "a lookup" => format!("entities: [{{name: e, table: t, key: k, lookups: [{map}]}}]"),
        "a relation" => format!("entities: [{{name: e, table: t, key: k, relations: [{map}]}}]"),
        "a trait" => format!("traits: [{map}]"),
        "a segment" => format!("segments: [{map}]"),
        "a group" => format!("groups: [{map}]"),
        "a case" => format!("groups: [{{name: g, cases: [{map}]}}]"),
        _ => format!("segments: [{{name: s, where: {map}}}]"),
    }
}

/// What a table promises, the decoder reads: a value of no kind whatever is a mistake under every key.
#[test]
fn no_key_of_a_table_is_left_unread() {
    let mut forms = vec![
        &keys::ENTITY,
        &keys::LOOKUP,
        &keys::RELATION,
        &keys::TRAIT,
        &keys::SEGMENT,
        &keys::GROUP,
        &keys::CASE,
    ];
    forms.extend(keys::CONDITIONS.iter().filter(|f| !needed(f).is_empty()));
    for form in forms {
        let needed = needed(form);
        let whole = around(form, &format!("{{{needed}}}"));
        assert!(found(&whole).is_empty(), "{whole}: {:?}", found(&whole));
        for key in form.all().filter(|k| k.need != Need::Later) {
            let junk = match key.name {
                "meta" => "5",
                "columns" | "channels" | "on" | "table" => "{a: [[]]}",
                _ => "{zz: {}}",
            };
            let others: Vec<&str> = needed
                .split(", ")
                .filter(|part| !part.starts_with(&format!("{}:", key.name)))
                .filter(|_| form.choice(key.name).is_none())
                .collect();
            let name = if form.choice(key.name).is_some() && form.key("name").is_some() {
                "name: a, "
            } else {
                ""
            };
            let map = format!("{{{name}{}: {junk}, {}}}", key.name, others.join(", "));
            let text = around(form, &map);
            assert!(
                !found(&text).is_empty(),
                "`{}` of {} is not read: {text}",
                key.name,
                form.name
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Nothing panics, whatever stands where.
    #[test]
    fn mangled_specs_do_no_harm(cut in 0..EVERYTHING.len(), len in 0usize..40, with in r#"([\[\]{}:, ]|- |null|5|a|\n {0,4}|'|"|\{\{ var\('x'\) \}\}){0,8}"#) {
        let mut text = EVERYTHING.to_owned();
        let end = (cut + len).min(text.len());
        text.replace_range(cut..end, &with);
        let (_, diags) = read_text(&text);
        for d in diags.iter() {
            for label in &d.labels {
                prop_assert!(text.get(label.span.start as usize..label.span.end as usize).is_some(), "{d:?}");
            }
        }
    }
}
