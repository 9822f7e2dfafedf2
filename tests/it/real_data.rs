//! Real data, the whole way: each project is built by the binary into a temporary copy, and every published member
//! and trait is compared with hand-written SQL (`<project>/truth/*.sql`) run by plain DuckDB over the same files.
//!
//! `truth/setup.sql` makes the analyst's views (here as tables, once), `truth/<segment>.sql` gives the keys of one segment,
//! `truth/traits.sql` every trait of every entity, and `truth/expected.csv` is what those queries gave when they were written.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use duckdb::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A project in a folder of its own, so that the build's database lands outside the repository.
struct Project {
    folder: tempfile::TempDir,
    /// The entity's name and its key column.
    entity: &'static str,
    key: &'static str,
    database: &'static str,
    /// Output schema and prefix.
    published: &'static str,
}

impl Project {
    fn copy(
        from: &str,
        entity: &'static str,
        key: &'static str,
        database: &'static str,
        published: &'static str,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
        copy_tree(&source, folder.path());
        Self {
            folder,
            entity,
            key,
            database,
            published,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn segc(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_segc"))
            .args(args)
            .arg("--project-dir")
            .arg(self.path())
            .arg("--target-path")
            .arg(self.path().join("target"))
            .current_dir(self.path().parent().unwrap())
            .output()
            .unwrap()
    }

    fn build(&self) {
        let output = self.segc(&["build"]);
        assert!(
            output.status.success(),
            "segc build: {}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn open(&self) -> Connection {
        let con = Connection::open(self.path().join(self.database)).unwrap();
        con.execute_batch(&format!(
            "SET file_search_path = '{}'; SET autoload_known_extensions = false;",
            self.path().display()
        ))
        .unwrap();
        let setup = fs::read_to_string(self.path().join("truth/setup.sql")).unwrap();
        // Tables of the same rows: a view would read the files again for every query of the truth.
        con.execute_batch(&setup.replace("create temp view", "create temp table"))
            .unwrap();
        con
    }

    /// Name and text of every query of the truth but the views and the traits.
    fn truths(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(self.path().join("truth")).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let sql = path.extension().is_some_and(|e| e == "sql");
            if sql && name != "setup" && name != "traits" {
                found.insert(name, fs::read_to_string(path).unwrap());
            }
        }
        found
    }

    /// Every published member of every segment, no more and no less than the truth; and the counts the catalog gives.
    fn members_are_true(&self, con: &Connection) {
        let truths = self.truths();
        let expected = expected(&self.path().join("truth/expected.csv"));
        let published = keys_by_segment(con, self);
        let catalog = names(
            con,
            &format!(
                "SELECT segment, members FROM {}segc_segments",
                self.published
            ),
        );
        assert_eq!(
            truths.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "expected.csv is not about the queries in truth/"
        );
        assert_eq!(
            truths.keys().collect::<Vec<_>>(),
            catalog.keys().collect::<Vec<_>>(),
            "every published segment has a truth, and every truth a segment"
        );
        let mut wrong = Vec::new();
        for (segment, sql) in &truths {
            con.execute_batch(&format!("CREATE OR REPLACE TEMP TABLE truth AS\n{sql}"))
                .unwrap();
            let truth = keys(con, "SELECT * FROM truth");
            let truth_set: BTreeSet<_> = truth.iter().cloned().collect();
            let ours: BTreeSet<_> = published.get(segment).cloned().unwrap_or_default();
            let sum = checksum(con, "SELECT * FROM truth");
            let (members, md5) = &expected[segment];
            if (truth.len().to_string(), sum) != (members.clone(), md5.clone()) {
                wrong.push(format!(
                    "{segment}: the truth itself has moved from expected.csv"
                ));
            }
            if ours != truth_set {
                let missing: Vec<_> = truth_set.difference(&ours).take(5).collect();
                let extra: Vec<_> = ours.difference(&truth_set).take(5).collect();
                wrong.push(format!(
                    "{segment}: {} published, {} true; missing {missing:?}, too many {extra:?}",
                    ours.len(),
                    truth.len()
                ));
            }
            if catalog.get(segment) != Some(&ours.len().to_string()) {
                wrong.push(format!(
                    "{segment}: the catalog says {:?}",
                    catalog.get(segment)
                ));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Every trait of every entity: equal, floats up to rounding.
    fn traits_are_true(&self, con: &Connection) {
        let sql = fs::read_to_string(self.path().join("truth/traits.sql")).unwrap();
        con.execute_batch(&format!("CREATE TEMP TABLE true_traits AS\n{sql}"))
            .unwrap();
        let table = format!("{}{}_traits", self.published, self.entity);
        let columns = names(
            con,
            "SELECT column_name, column_type FROM (DESCRIBE true_traits)",
        );
        let mut wrong = Vec::new();
        for (column, ty) in columns.iter().filter(|(c, _)| *c != self.key) {
            let (ours, truth) = (format!("p.\"{column}\""), format!("t.\"{column}\""));
            let same = if ty == "DOUBLE" {
                format!(
                    "(({ours} IS NULL) = ({truth} IS NULL) AND coalesce(abs({ours} - {truth}) <= 1e-9 * greatest(1, abs({truth})), true))"
                )
            } else {
                format!("{ours} IS NOT DISTINCT FROM {truth}")
            };
            let bad = keys(
                con,
                &format!(
                    "SELECT coalesce(p.entity_key, t.{key}) || ': ' || coalesce({ours}::varchar, 'NULL') || ' is not ' || coalesce({truth}::varchar, 'NULL') \
                     FROM {table} p FULL JOIN true_traits t ON p.entity_key = t.{key} \
                     WHERE p.entity_key IS NULL OR t.{key} IS NULL OR NOT {same} ORDER BY 1",
                    key = self.key
                ),
            );
            if let Some(first) = bad.first() {
                wrong.push(format!("{column} ({ty}): {} wrong, {first}", bad.len()));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().unwrap().is_dir() {
            if name != "target" {
                fs::create_dir(&target).unwrap();
                copy_tree(&entry.path(), &target);
            }
        } else if !name.ends_with(".duckdb") && !name.ends_with(".wal") {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// First column as text, one per row.
fn keys(con: &Connection, sql: &str) -> Vec<String> {
    let mut statement = con
        .prepare(&format!("SELECT COLUMNS(*)::varchar FROM (\n{sql}\n)"))
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// First column → second column, as text.
fn names(con: &Connection, sql: &str) -> BTreeMap<String, String> {
    let mut statement = con
        .prepare(&format!("SELECT COLUMNS(*)::varchar FROM (\n{sql}\n)"))
        .unwrap();
    statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn keys_by_segment(con: &Connection, project: &Project) -> BTreeMap<String, BTreeSet<String>> {
    let mut statement = con
        .prepare(&format!(
            "SELECT segment, entity_key::varchar FROM {}{}_members",
            project.published, project.entity
        ))
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let (segment, key): (String, String) = row.unwrap();
        assert!(
            found.entry(segment).or_default().insert(key),
            "a member twice"
        );
    }
    found
}

/// md5 of the keys, sorted as their type sorts and joined by commas.
fn checksum(con: &Connection, sql: &str) -> String {
    con.query_row(
        &format!("SELECT md5(coalesce(string_agg(k::varchar, ',' ORDER BY k), '')) FROM (\n{sql}\n) AS t(k)"),
        [],
        |row| row.get(0),
    )
    .unwrap()
}

fn expected(file: &Path) -> BTreeMap<String, (String, String)> {
    fs::read_to_string(file)
        .unwrap()
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [segment, members, md5] = fields.as_slice() else {
                panic!("expected.csv: {line}");
            };
            (
                (*segment).to_owned(),
                ((*members).to_owned(), (*md5).to_owned()),
            )
        })
        .collect()
}

fn online_retail() -> Project {
    Project::copy(
        "segments/examples/online_retail",
        "customer",
        "customer_id",
        "online_retail.duckdb",
        "segments.",
    )
}

#[test]
fn online_retail_publishes_the_truth_and_the_published_totals() {
    let project = online_retail();
    project.build();
    let con = project.open();
    project.members_are_true(&con);
    project.traits_are_true(&con);
    // As others have published them for this data set (shared data, online_retail_totals_published.csv).
    let totals = keys(
        &con,
        "SELECT concat_ws(' ', sum(line_count), sum(order_count), count(*) FILTER (order_count > 0), sum(revenue)) \
         FROM segments.customer_traits",
    );
    assert_eq!(totals, ["397884 18532 4338 8911407.904"]);
    // A group's cases share out everybody, save the suppressed.
    let shared_out = keys(
        &con,
        "SELECT (SELECT count(*) FROM segments.customer_members WHERE segment LIKE 'lifecycle.%') \
              + (SELECT count(*) FROM suppressed) - (SELECT count(*) FROM customers)",
    );
    assert_eq!(shared_out, ["0"]);
}

#[test]
fn online_retail_views_show_members_with_their_columns_and_reach() {
    let project = online_retail();
    project.build();
    let con = project.open();
    let columns = keys(&con, "SELECT column_name FROM (DESCRIBE segments.seg_vip) ");
    assert_eq!(
        columns,
        [
            "customer_id",
            "country",
            "revenue_365d",
            "net_revenue",
            "last_order_at",
            "since"
        ]
    );
    let reach = keys(
        &con,
        "SELECT concat_ws(' ', (SELECT count(*) FROM segments.seg_vip), (SELECT count(*) FROM segments.seg_vip__home_post), \
         (SELECT count(*) FROM segments.seg_vip__export_post))",
    );
    let truth = keys(
        &con,
        "SELECT concat_ws(' ', count(*), count(*) FILTER (region = 'home'), count(*) FILTER (region <> 'home')) \
         FROM markets JOIN segments.customer_members m ON m.entity_key = customer_id AND segment = 'vip'",
    );
    assert_eq!(reach, truth);
}

#[test]
fn building_online_retail_again_changes_nothing() {
    let project = online_retail();
    project.build();
    let history = "SELECT concat_ws(' ', count(*), sum(hash(segment, entity_key, valid_from))) FROM segments.customer_history";
    let first = keys(&project.open(), history);
    project.build();
    assert_eq!(keys(&project.open(), history), first);
}

#[test]
fn jaffle_shop_publishes_the_truth() {
    let project = Project::copy(
        "tests/projects/jaffle_shop",
        "customer",
        "id",
        "jaffle_shop.duckdb",
        "audiences.js_",
    );
    project.build();
    let con = project.open();
    project.members_are_true(&con);
    project.traits_are_true(&con);
}

#[test]
fn adventureworks_publishes_the_truth() {
    let project = Project::copy(
        "tests/projects/adventureworks",
        "customer",
        "customerid",
        "adventureworks.duckdb",
        "segments.",
    );
    project.build();
    let con = project.open();
    project.members_are_true(&con);
    project.traits_are_true(&con);
}

#[test]
fn retentioneering_publishes_the_truth() {
    let project = Project::copy(
        "tests/projects/retentioneering",
        "visitor",
        "user_id",
        "journeys.duckdb",
        "segments.",
    );
    project.build();
    let con = project.open();
    project.members_are_true(&con);
    project.traits_are_true(&con);
}

/// `published/` is what the authors of the data show for it.
#[test]
fn rfm_reproduces_the_published_scores_and_segments() {
    let project = Project::copy(
        "tests/projects/rfm",
        "customer",
        "customer_id",
        "rfm.duckdb",
        "segments.",
    );
    project.build();
    let con = Connection::open(project.path().join(project.database)).unwrap();
    let published = |file: &str| {
        let path = project.path().join("published").join(file);
        format!("read_csv('{}', all_varchar = true)", path.display())
    };
    let differs = |ours: &str, theirs: &str| {
        keys(
            &con,
            &format!(
                "SELECT concat_ws(', ', a, b) FROM ({ours}) AS ours(k, a) FULL JOIN ({theirs}) AS theirs(k, b) USING (k) \
                 WHERE a IS DISTINCT FROM b ORDER BY 1"
            ),
        )
    };
    let ours = "SELECT s.title, concat_ws(' ', count(*), sum(transaction_count), sum(amount)) FROM segments.customer_members \
                JOIN segments.segc_segments s USING (segment) JOIN segments.customer_traits USING (entity_key) GROUP BY 1";
    let theirs = format!(
        "SELECT segment, concat_ws(' ', customers, orders, revenue) FROM {}",
        published("segments.csv")
    );
    assert_eq!(differs(ours, &theirs), Vec::<String>::new());
    let ours = "SELECT entity_key, concat_ws(' ', recency_days, transaction_count, amount, rfm_score, title) FROM segments.customer_traits \
                JOIN segments.customer_members USING (entity_key) JOIN segments.segc_segments USING (segment) ORDER BY 1 LIMIT 10";
    let theirs = format!(
        "SELECT customer_id, concat_ws(' ', recency_days, transaction_count, amount, rfm_score, segment) FROM {}",
        published("first_ten.csv")
    );
    assert_eq!(differs(ours, &theirs), Vec::<String>::new());
}
