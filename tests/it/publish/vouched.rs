//! That what people wrote in SQL only reads is not left to the rules for it: the engine itself refuses a query that would write, before
//! anything is staged.

use segc::build::run::{Ended, Request, publish};
use segc::diag::Diagnostics;
use segc::engine::Engine;
use segc::model::TableSource;
use segc::snippet::Snippet;
use segc::source::{FileId, Span, Spanned};

use super::shop::{at, seg};
use super::world::World;

/// Builds with `sql` before the query of the customers, as if it had come through all checks; what became of it.
fn built(w: &mut World, sql: &str) -> (Ended, String) {
    let segments = [seg("vip")];
    let mut model = w.shop.model(&segments, at(1));
    let span = Span::new(FileId(0), 0, 1);
    model.tables[0].source = TableSource::Query(Snippet {
        text: Spanned::new("select 1".to_owned(), span),
        map: Vec::new(),
    });
    let policy = w.shop.policy(&model, &["vip"], true);
    let mut queries = w.shop.queries(&segments, &policy);
    queries[0].sql = format!("{sql} {}", queries[0].sql);
    let request = Request {
        model: &model,
        queries: &queries,
        checks: &[],
        policy: &policy,
        dialect: super::world::dialect(),
    };
    let db = w.db.another().expect("a session");
    let mut connect = || Ok(Box::new(db.another()?) as Box<dyn Engine>);
    let mut diags = Diagnostics::default();
    let outcome = publish(
        request,
        &mut connect,
        w.progress.as_ref(),
        &|| at(9),
        &mut diags,
    );
    let words = outcome.as_ref().map(|o| match &o.ended {
        Ended::NotPublished { message } => message.clone(),
        other => format!("{other:?}"),
    });
    let words = words.expect("a connection");
    (outcome.expect("a connection").ended, words)
}

/// Catalogue: H12.
#[test]
fn what_would_write_is_refused_by_the_engine_before_anything_is_staged() {
    for sql in [
        "WITH gone AS (DELETE FROM customers RETURNING *)",
        "WITH made AS (INSERT INTO customers VALUES (9, 'x', true) RETURNING *)",
        "WITH put AS (UPDATE customers SET vip = true RETURNING *)",
    ] {
        let mut w = World::new("(1, 'a', true), (2, 'b', false)");
        let (ended, words) = built(&mut w, sql);
        assert_eq!(ended.exit_status(), 2, "{sql}: {ended:?}");
        let refused = words.starts_with("vouch for user SQL: ") && words.contains("it would write");
        assert!(refused, "{sql}: {words}");
        assert_eq!(
            w.rows("select * from customers order by all"),
            "1|a|true\n2|b|false",
            "{sql}"
        );
        assert_eq!(
            w.rows("select count(*) from duckdb_tables() where schema_name = 'segments'"),
            "0"
        );
    }
}

#[test]
fn a_query_that_reads_is_published() {
    let mut w = World::new("(1, 'a', true), (2, 'b', false)");
    let (ended, words) = built(&mut w, "WITH x AS (SELECT 1)");
    assert_eq!(ended, Ended::Published { epoch: 1 }, "{words}");
    assert_eq!(
        w.rows("select entity_key from segments.customer_members"),
        "1"
    );
}
