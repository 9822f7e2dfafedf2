//! Who counts, from the command line: lists, suppression sources and membership history are built, day after day, and read
//! again from the database.

use std::path::Path;
use std::process::Command;

pub(crate) const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
";

/// A shop in a folder of its own.
pub(crate) struct Shop(tempfile::TempDir);

impl Shop {
    pub(crate) fn new(entity: &str, spec: &str, customers: &str) -> Self {
        let shop = Self(tempfile::tempdir().expect("a temporary folder"));
        shop.put(
            "segc.yml",
            "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: shop.duckdb}}\nguards: {allow_empty: true}\n",
        );
        shop.put("segments/entity.yml", entity);
        shop.put("segments/spec.yml", spec);
        shop.put("data/customers.csv", customers);
        shop
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn put(&self, path: &str, text: &str) {
        let to = self.path().join(path);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(to, text).expect("written");
    }

    /// The exit status, and what was said.
    pub(crate) fn segc(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_segc"))
            .args(args)
            .arg("--no-color")
            .current_dir(self.path())
            .output()
            .expect("segc runs");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8(said).expect("segc writes UTF-8"),
        )
    }

    pub(crate) fn build(&self, as_of: &str) -> (Option<i32>, String) {
        self.segc(&["build", "--as-of", as_of])
    }

    pub(crate) fn built(&self, as_of: &str) {
        let (code, said) = self.build(as_of);
        assert_eq!(code, Some(0), "{said}");
    }

    pub(crate) fn refused(&self, as_of: &str, parts: &[&str]) {
        let (code, said) = self.build(as_of);
        assert_eq!(code, Some(1), "{said}");
        for part in parts {
            assert!(said.contains(part), "no {part:?} in\n{said}");
        }
    }

    /// Changes the database by hand.
    pub(crate) fn does(&self, sql: &str) {
        duckdb::Connection::open(self.path().join("shop.duckdb"))
            .and_then(|connection| connection.execute_batch(sql))
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    /// The rows of a query, values as text.
    pub(crate) fn ask(&self, sql: &str) -> Vec<String> {
        let connection =
            duckdb::Connection::open(self.path().join("shop.duckdb")).expect("a database");
        let mut statement = connection.prepare(sql).expect("a query");
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .expect("rows");
        rows.map(|row| row.expect("a text")).collect()
    }

    /// The members of a segment, in order.
    pub(crate) fn members(&self, segment: &str) -> String {
        self.ask(&format!(
            "select cast(entity_key as varchar) from segments.customer_members where segment = '{segment}' order by 1"
        ))
        .join(" ")
    }
}

pub(crate) const CUSTOMERS: &str = "customer_id,vip\n1,true\n2,false\n3,true\n";

#[test]
fn a_list_with_a_row_without_a_key_stops_the_build() {
    let spec = "lists:
  - {name: press, file: lists/press.csv, key: id}
segments:
  - {name: journalists, where: [ {in_list: press} ]}
  - {name: others, where: [ {not: {in_list: press}} ]}
";
    let shop = Shop::new(ENTITY, spec, CUSTOMERS);
    shop.refused(
        "2026-01-01",
        &["S0610", "segments/spec.yml:2:25", "lists/press.csv"],
    );
    shop.put("lists/press.csv", "id,why\n2,editor\n,unknown\n2,twice\n");
    shop.refused(
        "2026-01-01",
        &[
            "S0641",
            "press.id: 1 row without a key",
            "nothing was published",
        ],
    );
    shop.put("lists/press.csv", "id,why\n2,editor\n2,twice\n77,nobody\n");
    shop.built("2026-01-02");
    assert_eq!(shop.members("journalists"), "2");
    assert_eq!(shop.members("others"), "1 3");
    shop.put("lists/press.csv", "no,why\n2,editor\n");
    shop.refused(
        "2026-01-03",
        &["S0308", "segments/spec.yml:2:47", "no column `id`"],
    );
    shop.put("lists/press.csv", "id,why\nx,editor\n");
    shop.refused("2026-01-03", &["`id`"]);
    assert_eq!(shop.members("journalists"), "2");
}

const SUPPRESSED: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
    suppress:
      - name: opt_outs
        table: file('data/opt_outs.csv')
        key: id
        columns: {id: int, at: timestamp, revoked: boolean}
        where: revoked is not true
        time: at
        fresh_within: 2 days
        min_rows: 2
";

#[test]
fn a_suppression_source_that_cannot_be_trusted_publishes_nothing() {
    let spec = "segments:
  - {name: everybody, where: true}
  - {name: audit, where: true, suppress: false, suppress_reason: an audit}
";
    let shop = Shop::new(SUPPRESSED, spec, CUSTOMERS);
    shop.refused("2026-01-02", &["S0610", "segments/entity.yml:8:"]);
    let good = "id,at,revoked\n1,2025-12-01 00:00:00Z,\n99,2026-01-01 12:00:00Z,\n2,2025-01-01 00:00:00Z,true\n";
    shop.put("data/opt_outs.csv", good);
    shop.built("2026-01-02");
    assert_eq!(shop.members("everybody"), "2 3");
    assert_eq!(shop.members("audit"), "1 2 3");
    let counted = "select suppressed || ' ' || members from segments.segc_run_segments where segment = 'everybody'";
    assert_eq!(shop.ask(counted), ["1 2"]);
    // Two days later nothing new has been recorded.
    shop.refused(
        "2026-01-03 12:00:01",
        &[
            "S0640",
            "segments/entity.yml:13:23",
            "the newest row of suppression source `opt_outs` is of 2026-01-01 12:00:00",
            "nothing was published",
        ],
    );
    shop.put(
        "data/opt_outs.csv",
        "id,at,revoked\n1,2026-01-02 00:00:00Z,\n",
    );
    shop.refused(
        "2026-01-03",
        &[
            "S0640",
            "segments/entity.yml:14:19",
            "`opt_outs` has 1 rows, and at least 2",
        ],
    );
    shop.put("data/opt_outs.csv", "id,at,revoked\n");
    shop.refused(
        "2026-01-03",
        &["S0640", "has 0 rows", "has no row with a time"],
    );
    shop.put(
        "data/opt_outs.csv",
        &format!("{good},2026-01-01 00:00:00Z,\n"),
    );
    shop.refused(
        "2026-01-03",
        &[
            "S0640",
            "segments/entity.yml:9:14",
            "opt_outs.id: 1 row without a key",
        ],
    );
    assert_eq!(shop.members("everybody"), "2 3");
    // Who objects after as_of is left alone too; the new load lets a revoked one in.
    shop.put(
        "data/opt_outs.csv",
        "id,at,revoked\n1,2026-01-01 00:00:00Z,true\n2,2026-01-05 00:00:00Z,\n3,2026-01-02 00:00:00Z,\n",
    );
    shop.built("2026-01-03");
    assert_eq!(shop.members("everybody"), "1");
}

#[test]
fn history_is_that_of_earlier_builds() {
    let spec = "segments:
  - {name: vip, where: vip}
  - {name: fresh, where: [ {entered: vip, within: 2 days} ]}
  - {name: lost, where: [ {exited: vip, within: 2 days} ]}
  - {name: steady, where: [ {member_for: {vip: \">= 2 days\"}} ]}
  - {name: once, where: [ vip, {not: {entered: once}} ]}
";
    let shop = Shop::new(ENTITY, spec, CUSTOMERS);
    let (code, said) = shop.segc(&["check"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = shop.segc(&["show", "fresh"]);
    assert_eq!(code, Some(0), "{said}");
    let all = |shop: &Shop| {
        ["vip", "fresh", "lost", "steady", "once"].map(|segment| shop.members(segment))
    };
    // Nothing was published before: nobody has entered anything.
    shop.built("2026-01-01");
    assert_eq!(all(&shop), ["1 3", "", "", "", "1 3"]);
    // The entries of the first build are seen by the second.
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,false\n",
    );
    shop.built("2026-01-02");
    assert_eq!(all(&shop), ["1 2", "1 3", "", "", "2"]);
    shop.built("2026-01-03");
    assert_eq!(all(&shop), ["1 2", "1 2 3", "3", "1", ""]);
    shop.built("2026-01-05");
    assert_eq!(all(&shop), ["1 2", "", "", "1 2", ""]);
    let (_, said) = shop.segc(&["compile"]);
    assert!(!said.contains("error"), "{said}");
}

#[test]
fn a_segment_beyond_its_bounds_stays_as_it_was() {
    let spec = |bound: &str| {
        format!(
            "segments:\n  - {{name: other, where: true}}\n  - name: vip\n    where: vip\n    {bound}\n"
        )
    };
    let shop = Shop::new(ENTITY, &spec("size: {min: 1, max: 2}"), CUSTOMERS);
    shop.built("2026-01-01");
    assert_eq!(shop.members("vip"), "1 3");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,true\n4,true\n",
    );
    shop.refused(
        "2026-01-02",
        &[
            "S0642",
            "segments/spec.yml:5:11",
            "segment `vip` is refused: 4 members, at most 2 were expected",
            "published 1 segment (1 refused) as epoch",
        ],
    );
    assert_eq!(shop.members("vip"), "1 3");
    assert_eq!(shop.members("other"), "1 2 3 4");
    let status = "select status || ': ' || coalesce(message, '') from segments.segc_run_segments where segment = 'vip' order by run_id";
    assert_eq!(
        shop.ask(status),
        ["published: ", "refused: 4 members, at most 2 were expected"]
    );
    shop.put("segments/spec.yml", &spec("size: {max_share: 99%}"));
    shop.refused("2026-01-03", &["S0642", "4 members of 4, a larger share"]);
    shop.put("segments/spec.yml", &spec("max_change: 50%"));
    shop.refused(
        "2026-01-04",
        &[
            "S0642",
            "segments/spec.yml:5:17",
            "2 would enter, beside 2 members",
        ],
    );
    shop.put("segments/spec.yml", &spec("max_change: 100%"));
    shop.built("2026-01-05");
    assert_eq!(shop.members("vip"), "1 2 3 4");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,false\n3,false\n4,false\n",
    );
    shop.put("segments/spec.yml", &spec("max_change: 74.99%"));
    shop.refused("2026-01-06", &["S0642", "3 would exit, of 4 members"]);
    shop.put("segments/spec.yml", &spec("max_change: 75%"));
    shop.built("2026-01-07");
    assert_eq!(shop.members("vip"), "1");
    shop.put("segments/spec.yml", &spec("size: {min: 2}"));
    shop.refused("2026-01-08", &["1 members, at least 2"]);
}

#[test]
fn a_repaired_segment_is_published_as_of_the_instant_of_the_others() {
    let spec = "segments:
  - {name: everybody, where: true}
  - {name: vips, where: vip, size: {min: 3}}
";
    let shop = Shop::new(ENTITY, spec, CUSTOMERS);
    shop.refused("2026-01-01", &["S0642", "2 members, at least 3"]);
    let results = || -> serde_json::Value {
        let text = std::fs::read_to_string(shop.path().join("target/run_results.json"));
        serde_json::from_str(&text.expect("results")).expect("JSON")
    };
    let run = results();
    assert_eq!(run["run"]["status"], "published");
    assert_eq!(run["run"]["exit_status"], 1);
    let status = |run: &serde_json::Value, name: &str| {
        let nodes = run["results"].as_array().expect("a list").clone();
        let id = format!("segment.shop.{name}");
        nodes
            .into_iter()
            .find(|n| n["unique_id"] == id)
            .expect("it")["status"]
            .clone()
    };
    assert_eq!(status(&run, "vips"), "error");
    assert_eq!(status(&run, "everybody"), "success");
    // Again, as it is: refused again, and nothing else happens.
    shop.refused("2026-01-01", &["S0642", "2 members, at least 3"]);
    // The data is repaired; the other segment stays as it was published.
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,true\n2,true\n3,true\n4,false\n",
    );
    shop.built("2026-01-01");
    assert_eq!(shop.members("vips"), "1 2 3");
    assert_eq!(shop.members("everybody"), "1 2 3");
    let run = results();
    assert_eq!(run["run"]["exit_status"], 0);
    let epochs =
        "select string_agg(cast(epoch as varchar), ' ' order by epoch) from segments.segc_runs";
    assert_eq!(shop.ask(epochs), ["1 2 3"]);
    // Then there is nothing to do; nor after a change of the definition of the one that is repaired.
    shop.built("2026-01-01");
    assert_eq!(shop.ask(epochs), ["1 2 3"]);
    let later = "segments:
  - {name: everybody, where: true}
  - {name: vips, where: vip}
  - {name: first, where: customer_id = 1}
";
    shop.put("segments/spec.yml", later);
    shop.built("2026-01-01");
    assert_eq!(shop.members("first"), "1");
    shop.built("2026-01-01");
    assert_eq!(shop.ask(epochs), ["1 2 3 4"]);
    // What is published keeps its definition at its instant.
    shop.put(
        "segments/spec.yml",
        &later.replace("where: vip}", "where: not vip}"),
    );
    shop.refused("2026-01-01", &["S0606", "`vips` was already published"]);
}

#[test]
fn a_refused_run_is_in_the_ledger_once_there_is_one() {
    let spec = "segments: [{name: everybody, where: true}]\n";
    let twice = "customer_id,vip\n1,true\n1,true\n";
    let shop = Shop::new(ENTITY, spec, twice);
    shop.refused("2026-01-01", &["nothing was published"]);
    shop.put("data/customers.csv", CUSTOMERS);
    shop.built("2026-01-02");
    shop.put("data/customers.csv", twice);
    shop.refused("2026-01-03", &["nothing was published"]);
    shop.refused("2026-01-01", &["S0606"]);
    shop.put("data/customers.csv", CUSTOMERS);
    shop.built("2026-01-04");
    // Days since 1970.
    let runs = "select concat_ws(' ', status, coalesce(cast(epoch as varchar), '-'), epoch_us(as_of) // 86400000000, left(message, 5))
        from segments.segc_runs order by started_at";
    assert_eq!(
        shop.ask(runs),
        [
            "published 1 20455",
            "refused - 20456 S0602",
            "refused - 20454 S0606",
            "published 2 20457",
        ]
    );
}

#[test]
fn who_is_suppressed_leaves_a_refused_segment_too() {
    let entity = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: customer_id
    columns: {customer_id: int, vip: boolean}
    suppress: [not vip]
";
    let spec = "segments:\n  - {name: all, where: true, size: {max: 2}}\n";
    let shop = Shop::new(entity, spec, CUSTOMERS);
    shop.built("2026-01-01");
    assert_eq!(shop.members("all"), "1 3");
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,false\n3,true\n4,true\n5,true\n",
    );
    shop.refused("2026-01-02", &["S0642", "3 members, at most 2"]);
    assert_eq!(shop.members("all"), "3");
    let stays =
        "select entity_key || ' ' || (valid_to is null) from segments.customer_history order by 1";
    assert_eq!(shop.ask(stays), ["1 false", "3 true"]);
}

#[test]
fn who_is_suppressed_leaves_what_was_refused_under_a_new_name_and_it_can_be_retired() {
    let entity = format!("{ENTITY}    suppress: [{{in_list: out}}]\n");
    let lists = "lists:\n  - {name: out, file: lists/out.csv, key: id}\n";
    let spec = |of: &str| format!("{lists}segments:\n  - {{name: other, where: vip}}\n{of}");
    let shop = Shop::new(&entity, &spec("  - {name: x, where: vip}\n"), CUSTOMERS);
    shop.put("lists/out.csv", "id\n9\n");
    shop.built("2026-01-01");
    let renamed = "  - {name: z, where: customer_id > 0, renamed_from: x, size: {max: 2}}\n";
    shop.put("segments/spec.yml", &spec(renamed));
    shop.refused("2026-01-03", &["segment `z` is refused"]);
    assert_eq!(shop.members("z"), "1 3");
    shop.put("lists/out.csv", "id\n3\n");
    let (code, said) = shop.segc(&["build", "--select", "other", "--as-of", "2026-01-04"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(shop.members("z"), "1");
    let (code, said) = shop.segc(&["build", "--select", "z", "--as-of", "2026-01-03"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("S0606"), "{said}");
    shop.put("segments/spec.yml", &spec(""));
    shop.built("2026-01-05");
    assert_eq!(shop.members("z"), "");
    let open = "select segment || entity_key from segments.customer_history where valid_to is null";
    assert_eq!(shop.ask(open), ["other1"]);
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn what_was_refused_and_never_published_is_not_known() {
    let spec = |of: &str| format!("segments:\n  - {{name: other, where: vip}}\n{of}");
    let new = "  - {name: new, where: true, size: {max: 2}}\n";
    let shop = Shop::new(ENTITY, &spec(new), CUSTOMERS);
    shop.refused("2026-01-01", &["segment `new` is refused"]);
    shop.put("segments/spec.yml", &spec(""));
    let (_, said) = shop.segc(&["plan", "--as-of", "2026-01-02"]);
    assert!(!said.contains("removed"), "{said}");
    // Its view was made with those of the others.
    let (code, said) = shop.segc(&["doctor"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = shop.segc(&["prune", "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let views = "select view_name from duckdb_views() where schema_name = 'segments' and view_name like 'seg!_%' escape '!' order by 1";
    assert_eq!(shop.ask(views), ["seg_other"]);
}

#[test]
fn when_the_last_channel_goes_nobody_is_reached_through_it() {
    let entity = format!("{ENTITY}    channels: {{email: vip}}\n");
    let spec = |more: &str| format!("segments:\n  - {{name: all, where: true{more}}}\n");
    let shop = Shop::new(&entity, &spec(", channels: [email]"), CUSTOMERS);
    shop.built("2026-01-01");
    let reached = "select cast(customer_id as varchar) from segments.seg_all__email order by 1";
    assert_eq!(shop.ask(reached), ["1", "3"]);
    shop.put(
        "data/customers.csv",
        "customer_id,vip\n1,false\n2,true\n3,true\n",
    );
    shop.put("segments/spec.yml", &spec(""));
    shop.built("2026-01-02");
    assert_eq!(shop.ask(reached), [""; 0]);
}

#[test]
fn when_the_last_segment_expires_its_members_leave() {
    let spec = "segments:\n  - {name: vip, where: vip, expires_on: 2026-01-02}\n";
    let shop = Shop::new(ENTITY, spec, CUSTOMERS);
    shop.built("2026-01-01");
    assert_eq!(shop.members("vip"), "1 3");
    shop.built("2026-01-03");
    assert_eq!(shop.members("vip"), "");
    let (_, said) = shop.segc(&["show", "vip", "--as-of", "2026-01-03"]);
    assert!(
        said.contains("2 of 2 shown") && said.contains("no build publishes"),
        "{said}"
    );
}
