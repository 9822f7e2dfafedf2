//! Segments and groups: predicates, references, what is published, and how all that reads in words.

use super::super::{lineage, words};
use super::*;
use crate::model::{Expose, Predicate, SegmentId, SegmentKind};

fn find<'a>(model: &'a Model, name: &str) -> (SegmentId, &'a crate::model::Segment) {
    let i = model.segments.iter().position(|s| s.name == name).unwrap();
    (SegmentId(u32::try_from(i).unwrap()), &model.segments[i])
}

fn said(model: &Model, name: &str) -> String {
    words::segment(model, find(model, name).0).join("\n")
}

#[test]
fn conditions_read_in_words_as_they_were_meant() {
    let model = good(
        "
segments:
  - name: many
    where: [ {did: orders, where: channel = 'web', within: 90 days, times: '>= 3'} ]
  - name: winback
    where: [ {did: orders}, {did_not: orders, within: 180 days} ]
  - name: mixed
    where:
      any:
        - country in ('US', 'CA') and sum(orders.total) >= 500
        - not: {in: many}
        - at_least: 2
          of: [Loyal, {did: visits, during: last month}, {first_time: orders, within: 30 days}]
        - none: [ {in: [many, winback]}, {avg: orders.total, is: '> 50'} ]
",
    );
    assert_eq!(
        said(&model, "many"),
        "customers with at least 3 orders (channel = 'web') in [2025-11-02 … 2026-01-31)"
    );
    assert_eq!(
        said(&model, "winback"),
        "customers for whom all of these hold:
  - with orders
  - without orders in [2025-08-04 … 2026-01-31)"
    );
    assert_eq!(
        said(&model, "mixed"),
        "customers for whom any of these holds:
  - where country in ('US', 'CA') and (sum of orders.total) >= 500
  - not in `many`
  - for whom at least 2 of these hold:
    - where Loyal
    - with visits in [2025-12-01 … 2026-01-01)
    - whose first orders are in [2026-01-01 … 2026-01-31)
  - for whom none of these holds:
    - in `many`
    - in `winback`
    - where average of orders.total > 50.0"
    );
}

#[test]
fn a_leaf_of_three_values_stays_one_leaf() {
    let model = good("segments: [{name: a, where: \"not (country = 'US' and email is null)\"}]");
    assert!(matches!(find(&model, "a").1.predicate, Predicate::Leaf(_)));
}

#[test]
fn references_point_backwards_whatever_the_order_of_writing() {
    let model = good(
        "
segments:
  - {name: a, where: [ {in: b}, {in: stage.late} ]}
  - {name: b, where: [ {not_in: c} ]}
  - {name: c, where: Loyal, enabled: false}
groups:
  - name: stage
    cases:
      - {name: early, where: [ {in: c} ]}
      - {name: late, where: [ {did: orders} ]}
    otherwise: none_yet
",
    );
    for (i, segment) in model.segments.iter().enumerate() {
        assert!(
            segment.references.iter().all(|r| r.index() < i),
            "{}",
            segment.name
        );
    }
    assert_eq!(find(&model, "c").1.predicate, find(&model, "c").1.predicate);
    let (id, otherwise) = find(&model, "stage.none_yet");
    assert_eq!(otherwise.kind, SegmentKind::Case);
    assert_eq!(
        otherwise.predicate,
        Predicate::Case {
            group: crate::model::GroupId(0),
            case: 2
        }
    );
    assert_eq!(
        said(&model, "stage.late"),
        "customers with orders (and not in `stage.early`)"
    );
    let lineage = lineage::of_segment(&model, id);
    assert_eq!(lineage.measures.len(), 1);
    assert!(lineage.segments.contains(&find(&model, "c").0));
}

#[test]
fn a_long_chain_of_references_needs_no_stack() {
    let mut spec = "segments:\n".to_owned();
    let n = 3000;
    for i in 0..n {
        spec.push_str(&format!(
            "  - {{name: s{i}, where: [ {{in: s{}}} ]}}\n",
            i + 1
        ));
    }
    spec.push_str(&format!("  - {{name: s{n}, where: Loyal}}\n"));
    assert_eq!(good(&spec).segments.len(), n + 1);
}

#[test]
fn what_is_exposed_and_reached_is_resolved() {
    let model = good(
        "
traits: [{name: money, sum: orders.total}]
segments:
  - {name: a, where: Loyal, expose: [email, home_store.city, money], channels: [email]}
",
    );
    let segment = find(&model, "a").1;
    let names: Vec<&str> = segment.expose.iter().map(|e| e.name(&model)).collect();
    assert_eq!(names, ["email", "city", "money"]);
    assert!(matches!(segment.expose[2], Expose::Trait(_)));
    assert_eq!(segment.channels, [0]);
    assert_eq!(segment.traits.len(), 1);
}

#[test]
fn suppression_may_name_traits_and_segments_and_what_is_published_depends_on_them() {
    let project = project_at(
        &[
            &SHOP.replace(
                "    channels:",
                "    suppress: [profile is null, {in: staff}, big]\n    channels:",
            ),
            "
traits: [{name: big, sql: count(orders) > 100}]
segments:
  - {name: staff, where: Loyal}
  - {name: german, where: country = 'DE', channels: [email]}
  - {name: told_all, where: country = 'DE', suppress: false, suppress_reason: a recall}
",
        ],
        "2026-01-31T00:00:00Z",
        "UTC",
        &Catalog::default(),
    );
    assert_eq!(project.messages(), Vec::<String>::new());
    let model = &project.model;
    assert_eq!(model.entities[0].suppress.len(), 3);
    let columns = |name: &str| {
        let read = lineage::of_published(model, find(model, name).0).columns;
        let columns: Vec<String> = read.into_values().flatten().collect();
        columns.join(" ")
    };
    assert_eq!(
        columns("german"),
        "Loyal country customer_id email email_opt_in profile customer_id ordered_at status"
    );
    assert_eq!(columns("told_all"), "country customer_id");
}

#[test]
fn who_there_is_depends_on_which_versions_hold() {
    let project = project_at(
        &["
entities:
  - name: account
    table: plans
    key: id
    columns: {id: int, plan: string, since: date, until: date}
    valid: {from: since, to: until}
segments:
  - {name: pro, where: plan = 'pro'}
"],
        "2026-01-31T00:00:00Z",
        "UTC",
        &Catalog::default(),
    );
    assert_eq!(project.messages(), Vec::<String>::new());
    let read = lineage::of_segment(&project.model, SegmentId(0)).columns;
    let columns: Vec<String> = read.into_values().flatten().collect();
    assert_eq!(columns.join(" "), "id plan since until");
}
