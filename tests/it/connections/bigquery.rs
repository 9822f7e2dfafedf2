//! BigQuery's targets and profiles, and what `segc debug` says of them.

use super::profiles::of_dbt;
use crate::cli::{Place, Ran};
use crate::doubles::Still;
use crate::doubles::bigquery::{BigQuery, Outcome};
use crate::doubles::http::never;
use segc::diag::Diagnostics;
use segc::engine::surroundings::Surroundings;
use segc::engine::{Remote, State};
use segc::project::target::{self, Place as At};
use segc::source::FileId;
use segc::spec::settings;
use segc::yaml;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

fn in_order(sql: &str) -> Outcome {
    if sql.contains("session_user()") {
        let schema = json!([{"name": "u", "type": "STRING"}]);
        return Outcome::Rows(
            schema,
            vec![vec![json!("segc@shop.iam.gserviceaccount.com")]],
        );
    }
    assert_eq!(
        sql,
        "select count(*) from `shop`.`segments`.INFORMATION_SCHEMA.TABLES"
    );
    Outcome::Rows(
        json!([{"name": "n", "type": "INTEGER"}]),
        vec![vec![json!("3")]],
    )
}

/// A target that names this double.
fn written(double: &BigQuery) -> String {
    format!(
        "{{type: bigquery, project: shop, location: EU, method: oauth-secrets, refresh_token: \"{{{{ env_var('SEGC_ENV_SECRET_REFRESH') }}}}\", \
         client_id: id, client_secret: \"{{{{ env_var('SEGC_ENV_SECRET_CLIENT') }}}}\", api_endpoint: \"{}\", token_uri: \"{}\"}}",
        double.server.url("/"),
        double.server.url("/token"),
    )
}

/// The target as read, or what is wrong with it: the codes, and the text that each is at.
fn read(target: &str) -> Result<String, Vec<(&'static str, String)>> {
    let text = format!("name: shop\ntargets:\n  t: {target}\n");
    let mut diags = Diagnostics::default();
    let node = yaml::parse(FileId(0), &text, &mut diags);
    let env = |name: &str| (name.starts_with("SET")).then(|| "hunter2hunter2".to_owned());
    let settings = settings::read(&node, &env, &mut diags).unwrap();
    let read = target::resolve(&settings, Path::new("/shop"), None, &mut diags);
    let found = diags.iter().map(|d| {
        let span = d.span().unwrap();
        (
            d.code.id,
            text[span.start as usize..span.end as usize].to_owned(),
        )
    });
    let found: Vec<_> = found.collect();
    match read.map(|t| t.place) {
        Some(At::Remote(remote)) if found.is_empty() => Ok(format!("{remote:?}")),
        _ => Err(found),
    }
}

#[test]
fn every_way_to_log_in_has_dbts_names() {
    for (keys, login) in [
        ("method: oauth", "Default"),
        ("priority: batch", "is_batch: true"),
        ("keyfile: keys/a.json", "File(\"/shop/keys/a.json\")"),
        (
            "method: service-account, keyfile: /a.json",
            "File(\"/a.json\")",
        ),
        ("keyfile_json: \"{{ env_var('SET') }}\"", "Json(«secret»)"),
        (
            "keyfile_json: {client_email: a, private_key: \"{{ env_var('SET') }}\"}",
            "Json(«secret»)",
        ),
        ("token: \"{{ env_var('SET') }}\"", "Token(«secret»)"),
        (
            "refresh_token: \"{{ env_var('SET') }}\", client_id: c, client_secret: \"{{ env_var('SET2') }}\"",
            "Refresh { client_id: \"c\", client_secret: «secret», refresh_token: «secret», token_uri: None }",
        ),
        ("scopes: [a, b]", "scopes: [\"a\", \"b\"]"),
        (
            "maximum_bytes_billed: 5000, job_execution_timeout_seconds: 60",
            "maximum_bytes_billed: Some(5000), job_timeout: Some(60s)",
        ),
        (
            "impersonate_service_account: a@b.iam",
            "impersonate: Some(\"a@b.iam\")",
        ),
        ("execution_project: shop", "project: \"shop\""),
    ] {
        let told = read(&format!("{{type: bigquery, project: shop, {keys}}}"))
            .unwrap_or_else(|e| panic!("{keys}: {e:?}"));
        assert!(told.contains(login), "{login}: {told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn what_is_wrong_with_a_target_is_said_at_its_place() {
    for (keys, code, at) in [
        ("location: EU", "S0416", "bigquery"),
        ("project: p, dataset: d", "S0416", "dataset"),
        ("project: p, method: magic", "S0416", "magic"),
        ("project: p, method: external-oauth-wif", "S0427", "method"),
        ("project: p, method: service-account", "S0416", "bigquery"),
        ("project: p, token: written-down", "S0428", "token"),
        (
            "project: p, keyfile_json: {private_key: written-down}",
            "S0428",
            "keyfile_json",
        ),
        (
            "project: p, keyfile_json: {private_key: \"{{ env_var('NO') }}\"}",
            "S0116",
            "{{ env_var('NO') }}",
        ),
        (
            "project: p, execution_project: q",
            "S0416",
            "execution_project",
        ),
        ("project: p, quota_project: q", "S0416", "quota_project"),
        (
            "project: p, api_endpoint: http://bq.example",
            "S0416",
            "http://bq.example",
        ),
        (
            "project: p, api_endpoint: http://localhost.example",
            "S0416",
            "http://localhost.example",
        ),
        ("project: p, priority: soon", "S0416", "soon"),
        ("project: p, maximum_bytes_billed: 0", "S0416", "0"),
        (
            "project: p, job_execution_timeout_seconds: 99999",
            "S0416",
            "99999",
        ),
    ] {
        let found = read(&format!("{{type: bigquery, {keys}}}")).unwrap_err();
        assert!(found.contains(&(code, at.to_owned())), "{keys}: {found:?}");
    }
}

#[test]
fn debug_names_what_is_wrong_with_a_project() {
    let double = BigQuery::new(&Still::new(&[]), in_order, never);
    let place = Place::with(super::SEGMENTS);
    place.write(
        "segc.yml",
        format!("name: shop\ntargets:\n  prod: {}\n", written(&double)),
    );
    let run = |refresh: &str| {
        let mut command = place.command(&["debug"]);
        place.finish(
            command
                .env("SEGC_ENV_SECRET_REFRESH", refresh)
                .env("SEGC_ENV_SECRET_CLIENT", "client-hunter2"),
        )
    };
    let ran = run("refresh-hunter2");
    assert_eq!(ran.code, Some(0), "{ran}");
    for line in [
        "project     shop",
        "login       OAuth refresh token",
        "connection  fine, as segc@shop",
        "dataset     segments can be read",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {ran}");
    }
    let ran = run("refresh-of-nobody");
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr
            .contains("error[S0421]: the connection of this target cannot be used"),
        "{ran}"
    );
    assert!(
        ran.stdout.contains("--role=roles/bigquery.jobUser"),
        "{ran}"
    );
    assert!(
        !format!("{ran}").contains("hunter2") && !format!("{ran}").contains("of-nobody"),
        "{ran}"
    );

    for (reason, message, on, words) in [
        (
            "accessDenied",
            "Access Denied: Project shop: User does not have bigquery.jobs.create permission",
            "session_user",
            "! connection: grant roles/bigquery.jobUser",
        ),
        (
            "notFound",
            "Not found: Project shop",
            "session_user",
            "! connection: check `project` and `location`",
        ),
        (
            "accessDenied",
            "Access Denied: Dataset shop:segments",
            "TABLES",
            "! dataset: grant roles/bigquery.dataEditor on the dataset `segments`",
        ),
        (
            "notFound",
            "Not found: Dataset shop:segments was not found in location EU",
            "TABLES",
            "? dataset: notFound",
        ),
    ] {
        let still = Still::new(&[]);
        let refuses = move |sql: &str| {
            if sql.contains(on) {
                Outcome::Refused(reason, message.to_owned())
            } else {
                in_order(sql)
            }
        };
        let double = BigQuery::new(&still, refuses, never);
        let mut options = crate::doubles::bigquery_tests::options(&double);
        options.run = "01EXAMINE".to_owned();
        let found = Remote::BigQuery(options)
            .examine(Arc::clone(&still) as Arc<dyn Surroundings>, "segments");
        let last = found.last().map(|f| match &f.state {
            State::Fine(said) => format!("{}: {said}", f.what),
            State::Unsure(said) => format!("? {}: {said}", f.what),
            State::Wrong { help, .. } => format!("! {}: {help}", f.what),
        });
        let last = last.unwrap_or_default();
        assert!(last.starts_with(words), "{words}: {last}");
    }
}

#[test]
fn a_profile_of_dbt_bigquery_is_a_target() {
    let double = BigQuery::new(&Still::new(&[]), in_order, never);
    let profiles = format!(
        "shop:\n  target: prod\n  outputs:\n    prod:\n      type: bigquery\n      method: oauth-secrets\n      database: shop\n      dataset: dbt\n      \
         threads: 4\n      timeout_seconds: 300\n      priority: interactive\n      retries: 1\n      refresh_token: refresh-hunter2\n      client_id: id\n      \
         client_secret: client-hunter2\n      api_endpoint: \"{}\"\n      token_uri: \"{}\"\n",
        double.server.url("/"),
        double.server.url("/token")
    );
    let place = of_dbt(&profiles, "dbt: {project_dir: warehouse}\n");
    let ran = place.run(&["debug", "--profiles-dir", "profiles"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stdout
            .contains("target      prod (bigquery, of dbt's profile)"),
        "{ran}"
    );
    assert!(ran.stdout.contains("connection  fine"), "{ran}");
}

/// A warehouse with a table of customers, and a project that reads it. Of what is published there is nothing.
fn shop() -> (BigQuery, Place) {
    let columns = |names: &[(&str, &str)]| {
        let fields = names.iter().map(|(n, t)| json!({"name": n, "type": t}));
        serde_json::Value::Array(fields.collect())
    };
    let looks = move |sql: &str| {
        let rows = |texts: &[&[&str]]| -> Vec<Vec<serde_json::Value>> {
            (texts.iter())
                .map(|row| row.iter().map(|cell| json!(cell)).collect())
                .collect()
        };
        if sql.contains("`segments`") || sql.contains("segments.") {
            return Outcome::Failed {
                reason: "notFound",
                message: "Not found: Dataset shop:segments".to_owned(),
                begun: 0,
            };
        }
        if sql.contains("INFORMATION_SCHEMA.TABLES") {
            let kinds = [("n", "INTEGER"), ("clock", "TIMESTAMP")];
            return Outcome::Rows(columns(&kinds), rows(&[&["0", "1769850000000000"]]));
        }
        if sql.contains("INFORMATION_SCHEMA") {
            let kinds = [
                ("n", "INTEGER"),
                ("c", "STRING"),
                ("t", "STRING"),
                ("o", "INTEGER"),
            ];
            let found: [&[&str]; 2] = [
                &["0", "customer_id", "INT64", "1"],
                &["0", "country", "STRING", "2"],
            ];
            return Outcome::Rows(columns(&kinds), rows(&found));
        }
        assert!(sql.starts_with("select "), "{sql}");
        assert!(sql.contains("from raw.customers"), "{sql}");
        if sql.contains("count(case when ") {
            let kinds = [("members", "INTEGER"), ("population", "INTEGER")];
            return Outcome::Rows(columns(&kinds), rows(&[&["2", "3"]]));
        }
        Outcome::Rows(
            columns(&[("customer_id", "INTEGER")]),
            rows(&[&["7"], &["9"]]),
        )
    };
    let double = BigQuery::new(&Still::new(&[]), looks, never);
    let place = Place::with(
        "segments:\n  - {name: german, entity: customer, where: [\"country = 'DE'\"]}\n",
    );
    place.write(
        "segments/shop.yml",
        "entities:\n  - {name: customer, table: raw.customers, key: customer_id}\n",
    );
    place.write(
        "segc.yml",
        format!("name: shop\ntargets:\n  prod: {}\n", written(&double)),
    );
    (double, place)
}

fn run(place: &Place, args: &[&str]) -> Ran {
    let mut command = place.command(args);
    place.finish(
        command
            .env("SEGC_ENV_SECRET_REFRESH", "refresh-hunter2")
            .env("SEGC_ENV_SECRET_CLIENT", "client-hunter2"),
    )
}

/// How often a command logs in, and what it asks of the sources: columns, the clock, rows.
fn asked(args: &[&str]) -> (usize, [usize; 3]) {
    let (double, place) = shop();
    run(&place, args);
    let requests = double.server.requests();
    let logins = requests.iter().filter(|r| r.path == "/token").count();
    let state = double.state.lock().unwrap();
    let of = |what: &str| {
        let jobs = state.jobs.values().filter(|job| job.sql.contains(what));
        jobs.filter(|job| job.sql.contains("raw")).count()
    };
    let counts = [
        ".INFORMATION_SCHEMA.COLUMN",
        " as clock",
        "from raw.customers",
    ]
    .map(of);
    (logins, counts)
}

/// What the sources are and when they are read is asked in one session; the command's own is another one.
#[test]
fn sources_are_asked_once_and_only_for_what_is_needed() {
    assert_eq!(asked(&["show", "german"]), (2, [1, 1, 2]));
    assert_eq!(asked(&["pull-schema"]), (1, [1, 0, 0]));
    for command in ["doctor", "prune"] {
        assert_eq!(asked(&[command]), (2, [1, 0, 0]), "{command}");
    }
}

/// A warehouse that keeps no session has no table of one's own to look into.
#[test]
fn members_are_shown_and_nothing_is_written() {
    let (_double, place) = shop();
    let ran = run(&place, &["show", "german", "--output", "csv"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(ran.stdout, "customer_id\n7\n9\n", "{ran}");
    assert!(
        ran.stderr.contains('2') && ran.stderr.contains('3'),
        "{ran}"
    );
}
