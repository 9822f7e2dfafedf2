//! The tree that `segc why` shows: its truth is the build's, every node follows from those below it, asking one entity gives
//! what asking everybody gives; over every segment of `tests/rows`.

use crate::cli::Place;
use crate::rows;
use duckdb::Connection;
use duckdb::types::Value as Raw;
use segc::diag::Diagnostics;
use segc::engine::Value;
use segc::expr::{Literal, Type};
use segc::model::tree::{Kind, Node};
use segc::model::{Model, Predicate, SegmentId};
use segc::why::funnel::Asked;
use segc::why::{Answered, Depth, Question, text};
use segc::{dialect, ir};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// All rows of a question's query.
fn ask(connection: &Connection, question: &Question, only: Option<Literal>) -> Vec<Vec<Value>> {
    let dialect = dialect::find("duckdb").unwrap();
    let mut diags = Diagnostics::default();
    let query = question.query(only, dialect, &mut diags).unwrap();
    assert!(!diags.has_errors());
    for statement in &query.prelude {
        connection.execute_batch(statement).unwrap();
    }
    values(connection, &query.sql)
}

/// All rows of a query, as the engine hands them over.
fn values(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = connection
        .prepare(sql)
        .unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let mut rows = statement.query([]).unwrap_or_else(|e| panic!("{e}\n{sql}"));
    let columns = rows.as_ref().unwrap().column_count();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap_or_else(|e| panic!("{e}\n{sql}")) {
        all.push(
            (0..columns)
                .map(|n| match row.get::<_, Raw>(n).unwrap() {
                    Raw::Null => Value::Null,
                    Raw::Boolean(b) => Value::Boolean(b),
                    Raw::Int(n) => Value::Int(n.into()),
                    Raw::BigInt(n) => Value::Int(n),
                    Raw::HugeInt(n) => Value::Int(n as i64),
                    Raw::Double(x) => Value::Float(x),
                    Raw::Text(text) => Value::Text(text),
                    Raw::Date32(days) => {
                        let date = jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
                        Value::Text(date.to_string())
                    }
                    other => Value::Text(format!("{other:?}")),
                })
                .collect(),
        );
    }
    all
}

/// What a node's truth must be, from those below it; None for leaves and for what stands above.
fn follows(answered: &Answered<'_>, node: &Node) -> Option<bool> {
    let of: Vec<bool> = node.of.iter().map(|n| answered.holds(n)).collect();
    let held = of.iter().filter(|h| **h).count() as u32;
    match &node.kind {
        Kind::Constant
        | Kind::Leaf
        | Kind::InAgain(_)
        | Kind::NotInAgain(_)
        | Kind::CaseAgain { .. } => None,
        Kind::All | Kind::In(_) => Some(of.iter().all(|h| *h)),
        Kind::Any => Some(of.contains(&true)),
        Kind::None | Kind::Not | Kind::NotIn(_) => Some(!of.contains(&true)),
        Kind::NotAll => Some(of.contains(&false)),
        Kind::Count { min, max } => {
            Some(min.is_none_or(|m| held >= m) && max.is_none_or(|m| held <= m))
        }
        Kind::Case { otherwise: true } => Some(!of.contains(&true)),
        Kind::Case { otherwise: false } => {
            let (own, earlier) = of.split_last()?;
            Some(*own && !earlier.contains(&true))
        }
    }
}

fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rows");
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    folders.sort();
    folders
}

/// The project of a folder as of its first block, and its tables.
fn open(folder: &Path) -> (Model, Connection) {
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).unwrap();
    let blocks = rows::blocks(&read("expected.txt"));
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("set threads = 1; set autoload_known_extensions = false")
        .unwrap();
    connection.execute_batch(&read("setup.sql")).unwrap();
    (rows::model(folder, &blocks[0]), connection)
}

fn literal(key: &Value) -> Option<Literal> {
    match key {
        Value::Int(n) => Some(Literal::Int(*n)),
        Value::Text(text) => Some(Literal::String(text.clone())),
        Value::Null | Value::Boolean(_) | Value::Float(_) => None,
    }
}

#[test]
fn the_truth_shown_is_the_builds_and_every_node_follows_from_those_below() {
    for folder in folders() {
        let (model, connection) = open(&folder);
        let plans = ir::lower(&model, &rows::everything(&model));
        let built: BTreeMap<_, _> = plans
            .iter()
            .map(|plan| (plan.entity, rows::run(&connection, plan, &model)))
            .collect();
        for n in 0..model.segments.len() as u32 {
            // Rows of every fourth: they are many questions.
            let depth = if n % 4 == 0 {
                Depth::Rows
            } else {
                Depth::Truth
            };
            let question = Question::new(&model, SegmentId(n), depth).unwrap();
            let built = &built[&question.segment().entity];
            let name = &question.segment().name;
            let flag = format!("seg_{}", name.replace('.', "__"));
            let all = ask(&connection, &question, None);
            assert_eq!(all.len(), built.len());
            for row in &all {
                let answered = question.answered(row);
                let key = text::value(answered.key(), &Type::Int);
                let shown = text::tree(&answered, text::Look::default());
                let at = || format!("{} {name} {key}\n{shown}", folder.display());
                let truth = answered.holds(&question.tree);
                assert_eq!(built[&key][&flag], truth.to_string(), "{}", at());
                let suppressed = built[&key]["suppressed"] == "true";
                assert_eq!(
                    answered.suppressed(),
                    suppressed && question.segment().suppressed
                );
                question.tree.each(&mut |node| {
                    if let Some(expected) = follows(&answered, node) {
                        assert_eq!(answered.holds(node), expected, "{} in {}", node.words, at());
                    }
                });
            }
            if let Some(row) = all.last()
                && let Some(key) = literal(question.answered(row).key())
            {
                let one = ask(&connection, &question, Some(key));
                assert_eq!(one, vec![row.clone()], "{} {name}", folder.display());
            }
        }
    }
}

/// A node's truth for an entity as if `removed` did not stand, from its leaves: written apart from the funnel's SQL.
fn without(answered: &Answered<'_>, root: &Node, node: &Node, removed: &Node) -> bool {
    let original = |wanted: &dyn Fn(&Kind) -> bool| {
        let mut found = None;
        root.each(&mut |n| {
            if found.is_none() && wanted(&n.kind) {
                found = Some(n.clone());
            }
        });
        found.unwrap()
    };
    let of = |node: &Node| -> Vec<bool> {
        let rest = node.of.iter().filter(|n| *n != removed);
        rest.map(|n| without(answered, root, n, removed)).collect()
    };
    let held = |of: &[bool]| of.iter().filter(|h| **h).count() as u32;
    match &node.kind {
        Kind::Constant | Kind::Leaf | Kind::CaseAgain { .. } => answered.holds(node),
        Kind::All | Kind::In(_) => of(node).iter().all(|h| *h),
        Kind::Any => of(node).contains(&true),
        Kind::None | Kind::Not | Kind::NotIn(_) => !of(node).contains(&true),
        Kind::NotAll => of(node).contains(&false),
        Kind::Count { min, max } => {
            let held = held(&of(node));
            min.is_none_or(|m| held >= m) && max.is_none_or(|m| held <= m)
        }
        Kind::InAgain(id) | Kind::NotInAgain(id) => {
            let again = original(&|k| matches!(k, Kind::In(i) | Kind::NotIn(i) if i == id));
            let holds = of(&again).iter().all(|h| *h);
            holds == matches!(node.kind, Kind::InAgain(_))
        }
        Kind::Case { otherwise } => {
            let own = node.of.last().filter(|n| !otherwise && *n != removed);
            let earlier = if *otherwise {
                node.of.len()
            } else {
                node.of.len() - 1
            };
            let mut earlier = node.of[..earlier].iter().filter(|n| *n != removed);
            own.is_none_or(|n| without(answered, root, n, removed))
                && !earlier.any(|n| without(answered, root, n, removed))
        }
    }
}

#[test]
fn the_funnel_counts_what_the_trees_of_all_entities_say() {
    let dialect = dialect::find("duckdb").unwrap();
    for folder in folders() {
        let (model, connection) = open(&folder);
        let few = !folder.ends_with("conditions");
        let every = if few { 7 } else { 1 };
        for n in (0..model.segments.len() as u32).step_by(every) {
            let question = Question::new(&model, SegmentId(n), Depth::Truth).unwrap();
            let all = ask(&connection, &question, None);
            let mut diags = Diagnostics::default();
            let asked = Asked::new(&question, dialect, &mut diags).unwrap();
            let funnel = asked.read(&values(&connection, &asked.sql)[0]);
            let count = |wanted: &dyn Fn(&Answered<'_>) -> bool| {
                let rows = all.iter().map(|row| question.answered(row));
                rows.filter(|a| wanted(a)).count() as u64
            };
            let at = format!(
                "{} {}: {funnel:?}",
                folder.display(),
                question.segment().name
            );
            assert_eq!(funnel.population, all.len() as u64, "{at}");
            assert_eq!(funnel.members, count(&|a| a.member()), "{at}");
            assert_eq!(funnel.holds, count(&|a| a.holds(&question.tree)), "{at}");
            let mut steps = funnel.steps.iter();
            question.tree.each(&mut |node| {
                let step = steps.next().unwrap();
                assert_eq!(step.words, node.words);
                assert_eq!(step.holds, count(&|a| a.holds(node)), "{} {at}", node.words);
                if let Some(change) = step.change {
                    let members = count(&|a| {
                        without(a, &question.tree, &question.tree, node)
                            && !a.suppressed()
                            && !a.held_out()
                    });
                    let expected = members as i64 - funnel.members as i64;
                    assert_eq!(change, expected, "{} {at}", node.words);
                }
                if matches!(node.kind, Kind::All | Kind::None | Kind::Case { .. }) {
                    // In order, the last one keeps whom the list keeps (or drops, where the list must not hold).
                    let last = funnel
                        .steps
                        .iter()
                        .rfind(|s| node.of.last().unwrap().words == s.words);
                    let kept = [step.kept, step.dropped()];
                    assert!(kept.contains(&last.unwrap().kept), "{} {at}", node.words);
                }
            });
        }
    }
}

/// The tree of one entity of `tests/rows/<folder>`.
fn shown(folder: &str, segment: &str, key: i64) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/rows")
        .join(folder);
    let (model, connection) = open(&folder);
    let n = model.segments.iter().position(|s| s.name == segment);
    let question = Question::new(&model, SegmentId(n.unwrap() as u32), Depth::Rows).unwrap();
    let rows = ask(&connection, &question, Some(Literal::Int(key)));
    let answered = question.answered(&rows[0]);
    text::tree(&answered, text::Look::default())
}

#[test]
fn leaves_tell_the_values_and_the_rows_that_decided() {
    let text = [
        shown("conditions", "life.lapsed", 1),
        shown("conditions", "not_bought_w", 3),
        shown("conditions", "gold", 1),
        shown("conditions", "in_some", 3),
        shown("conditions", "at_least_2", 2),
        shown("conditions", "first_buy", 2),
    ]
    .join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn who_is_taken_stands_no_later_than_how_many_are() {
    for folder in folders()
        .iter()
        .filter(|f| f.to_string_lossy().contains("rank"))
    {
        let (model, connection) = open(folder);
        for n in 0..model.segments.len() as u32 {
            let question = Question::new(&model, SegmentId(n), Depth::Rows).unwrap();
            for row in &ask(&connection, &question, None) {
                let answered = question.answered(row);
                question.tree.each(&mut |node| {
                    let standings = question.standings(node);
                    for (standing, cut) in
                        standings.iter().filter_map(|s| Some((s, s.cut.as_ref()?)))
                    {
                        let place = answered.value(&standing.place);
                        let taken = match (place, answered.value(&cut.taken)) {
                            (Value::Null, Value::Int(_)) => false,
                            (Value::Int(place), Value::Int(taken)) => place <= taken,
                            other => panic!("{other:?}"),
                        };
                        let negated = matches!(node.predicate, Predicate::Not(_));
                        let at = text::tree(&answered, text::Look::default());
                        assert_eq!(answered.holds(node), taken != negated, "{at}");
                    }
                });
            }
        }
    }
}

#[test]
fn a_leaf_that_compares_tells_the_place_and_where_the_cut_is() {
    let text = [
        shown("ranks", "top_half", 2),
        shown("ranks", "top_half", 6),
        shown("ranks", "top_half", 5),
        shown("ranks", "bottom_3_exclude", 1),
        shown("ranks", "top_share_per_country", 3),
        shown("ranks", "top_among_segment", 1),
        shown("ranks", "top_of_rank", 4),
        shown("ranks", "top_nobody", 1),
        shown("ranks", "first_third", 7),
        shown("ranks", "by_two_ranks", 3),
        shown("ranks", "first_third_break", 3),
        shown("ranks", "first_third_break", 6),
        shown("ranks", "above_average", 4),
    ]
    .join("\n");
    insta::assert_snapshot!(text);
}

/// Two customers, their orders in a file each.
fn shop() -> Place {
    let place = Place::empty();
    place.write(
        "segc.yml",
        "name: shop\ntime_zone: Europe/Berlin\ntargets:\n  dev: {type: duckdb, path: shop.duckdb}\nguards: {allow_empty: true}\n",
    );
    place.write(
        "segments/shop.yml",
        "\
entities:
  - name: customer
    table: file('customers.csv')
    key: customer_id
    columns: {customer_id: int, country: string, email: string, complained: boolean}
    suppress: [complained]
    channels: {email: email is not null}
    relations:
      - name: orders
        table: file('orders.csv')
        on: customer_id
        key: order_id
        time: ordered_at
        columns: {order_id: string, customer_id: int, ordered_at: timestamp, total: \"decimal(10,2)\"}
traits:
  - {name: spent, sum: orders.total}
segments:
  - {name: big, where: spent >= 100}
  - name: winback
    where: [ {did: orders}, {did_not: orders, within: 30 days}, {in: big} ]
    channels: [email]
",
    );
    place.write(
        "customers.csv",
        "customer_id,country,email,complained\n1,DE,a@x.de,false\n2,DE,,true\n3,AT,c@x.de,false\n",
    );
    place.write(
        "orders.csv",
        "order_id,customer_id,ordered_at,total\n\
         o1,1,2025-11-01T09:00:00Z,70.00\no2,1,2025-12-31T23:30:00Z,60.50\no3,2,2025-11-01T10:00:00Z,500.00\n\
         o4,1,2026-01-20T08:00:00Z,5.00\n",
    );
    place
}

/// Without the name of a run, which is new every time.
fn no_run_id(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("(run ") {
        let (_, after) = after.split_once(')').unwrap();
        out.push_str(&format!("{before}(run …)"));
        rest = after;
    }
    out + rest
}

#[test]
fn the_command_tells_the_tree_suppression_channels_and_what_was_published() {
    let place = shop();
    let never = place.run(&["why", "winback", "1", "--as-of", "2026-01-15 12:00"]);
    let build = |as_of: &str| {
        let built = place.run(&["build", "--as-of", as_of]);
        assert_eq!(built.code, Some(0), "{built}");
    };
    build("2026-01-15 12:00");
    build("2026-02-25 12:00");
    let orders = std::fs::read_to_string(place.path().join("orders.csv")).unwrap();
    place.write("orders.csv", orders + "o5,1,2026-03-01T08:00:00Z,5.00\n");
    build("2026-03-03 12:00");
    let text = [
        never,
        place.run(&["why", "winback", "1", "--as-of", "2026-03-03 12:00"]),
        place.run(&["why", "winback", "2", "--as-of", "2026-03-03 12:00"]),
        place.run(&[
            "why",
            "winback",
            "3",
            "--as-of",
            "2026-03-03 12:00",
            "--vars",
            "{}",
        ]),
        place.run(&["why", "winback", "x", "--as-of", "2026-02-03"]),
        place.run(&["why", "winback", "-4", "--as-of", "2026-02-03"]),
        place.run(&["why", "winbak", "1", "--as-of", "2026-02-03"]),
    ]
    .map(|ran| ran.to_string())
    .join("\n");
    insta::assert_snapshot!(no_run_id(&text));
}

#[test]
fn the_command_tells_machines_the_same() {
    let place = shop();
    let ran = place.run(&[
        "why",
        "winback",
        "1",
        "--as-of",
        "2026-01-15 12:00",
        "--format",
        "json",
    ]);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("one object");
    assert_eq!(value["member"], false);
    insta::assert_snapshot!(ran);
    let mut command = place.command(&["why", "big", "2", "--as-of", "2026-01-15", "--no-color"]);
    let plain = place.finish(command.env("LANG", "C"));
    assert!(plain.stdout.contains("\nyes where spent >= 100"), "{plain}");
}

#[test]
fn a_key_that_several_rows_have_is_no_answer() {
    let place = shop();
    place.write(
        "customers.csv",
        "customer_id,country,email,complained\n1,DE,,false\n1,AT,,false\n",
    );
    let ran = place.run(&["why", "big", "1", "--as-of", "2026-01-15"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr
            .contains("error[S0602]: 2 rows of `customer` have customer_id = 1"),
        "{ran}"
    );
}

#[test]
fn the_funnel_is_a_table_and_an_object() {
    let place = shop();
    let ran = place.run(&[
        "explain",
        "winback",
        "--counts",
        "--as-of",
        "2026-03-03 12:00",
    ]);
    let args = [
        "explain",
        "big",
        "--counts",
        "--as-of",
        "2026-03-03",
        "--format",
        "json",
    ];
    let json = place.run(&args);
    let trait_ = place.run(&["explain", "spent", "--counts", "--as-of", "2026-03-03"]);
    assert_eq!(trait_.code, Some(2), "{trait_}");
    insta::assert_snapshot!(format!("{ran}\n{json}"));
}
