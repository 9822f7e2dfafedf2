//! Secrets are planted in the environment and in segc.yml; whatever a command says or writes, they are not in it.

use super::artefacts;
use crate::people::{ENTITY, Shop};
use std::process::Command;

const SPEC: &str = "segments:\n  - {name: vip, where: vip}\n";
const CUSTOMERS: &str = "customer_id,vip\n1,true\n2,false\n";
const SECRETS: &[(&str, &str)] = &[
    ("SEGC_ENV_SECRET_DIR", "hunter2-dir-%1"),
    ("DBT_ENV_SECRET_X", "hunter2 \"quoted\" \\ x"),
    ("PLAIN_PASSWORD", "hunter2-plain"),
];

const COMMANDS: &[&[&str]] = &[
    &["check"],
    &["check", "--format", "json"],
    &["check", "--format", "github"],
    &["check", "--format", "sarif"],
    &["check", "--log-format", "json"],
    &["compile"],
    &["compile", "--passes"],
    &["build"],
    &["build", "--format", "json"],
    &["plan"],
    &["plan", "--markdown"],
    &["plan", "--state", "."],
    &["test"],
    &["ls", "--output", "json"],
    &["show", "vip"],
    &["explain", "vip"],
    &["why", "vip", "1"],
    &["debug"],
    &["doctor"],
    &["prune", "--yes"],
    &["build", "--help"],
];

/// What all commands say and write of a project with these settings, with its colours and without.
fn said(settings: &str) -> String {
    let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
    shop.put("segc.yml", settings);
    let mut all = String::new();
    for args in COMMANDS {
        let ran = Command::new(env!("CARGO_BIN_EXE_segc"))
            .args(*args)
            .current_dir(shop.path())
            .envs(SECRETS.iter().copied())
            .output()
            .unwrap();
        for text in [&ran.stdout, &ran.stderr] {
            all.push_str(&String::from_utf8_lossy(text));
        }
        for (path, text) in artefacts(shop.path()) {
            all.push_str(&path);
            all.push_str(&text);
        }
    }
    assert!(all.len() > 1000);
    all
}

fn quiet(settings: &str) -> String {
    let all = said(settings);
    if let Some(at) = all.find("hunter2") {
        let from = all[..at]
            .char_indices()
            .rev()
            .nth(400)
            .map_or(0, |(i, _)| i);
        panic!(
            "a secret is told: …{}…",
            &all[from..(at + 100).min(all.len())]
        );
    }
    all
}

/// Catalogue: G7.
#[test]
fn a_secret_of_the_environment_goes_into_the_connection_and_nowhere_else() {
    // The database is where the secret says, and nobody is told where that is.
    let all = quiet(
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: \"{{ env_var('SEGC_ENV_SECRET_DIR') }}.duckdb\"}}\n",
    );
    assert!(all.contains("«secret»"), "{all}");
    // A folder that is not there: the engine's own words have the path in them.
    let all = quiet(
        "name: shop\nversion: 1\ntargets: {dev: {type: duckdb, path: \"none/{{ env_var('SEGC_ENV_SECRET_DIR') }}/x.duckdb\"}}\n",
    );
    assert!(all.contains("S0421") && all.contains("«secret»"), "{all}");
}

/// Catalogue: G7. dbt's rule: secrets are for connections.
#[test]
fn a_secret_anywhere_else_is_refused_at_its_place() {
    for place in [
        "vars: {x: \"{{ env_var('DBT_ENV_SECRET_X') }}\"}",
        "outputs: {schema: \"{{ env_var('SEGC_ENV_SECRET_DIR') }}\"}",
        "outputs: {prefix: \"a{{ env_var('SEGC_ENV_SECRET_DIR') }}\"}",
        "time_zone: \"{{ env_var('DBT_ENV_SECRET_X') }}\"",
        "spec_paths: [\"{{ env_var('DBT_ENV_SECRET_X') }}\"]",
        "as_of: \"{{ env_var('DBT_ENV_SECRET_X') }}\"",
        "vars: {x: [1, \"{{ env_var('DBT_ENV_SECRET_MISSING', 'hunter2-default') }}\"]}",
    ] {
        // The default stands in the file, for all to read.
        let all = said(&format!("name: shop\nversion: 1\n{place}\n"));
        let all = all.replace("'hunter2-default'", "");
        assert!(all.contains("S0125"), "{place}: {all}");
        assert!(!all.contains("hunter2"), "{place}: {all}");
    }
}

/// Catalogue: G7. An excerpt of a line of segc.yml has no password in it, whether or not the file can be read.
#[test]
fn what_stands_under_a_key_of_secrets_is_not_told() {
    for settings in [
        "targets: {dev: {type: duckdb, password: hunter2-written, path: x.duckdb}}",
        "targets: {dev: {type: snowflake, token: 'hunter2, written'}}",
        "targets: {dev: {type: hunter2-type, password: hunter2-type}}",
        "targets:\n  dev:\n    type: duckdb\n    private_key: |\n      hunter2-line-one\n      hunter2-line-two\n",
        "targets:\n  dev:\n    type: duckdb\n    password: \"{{ env_var('PLAIN_PASSWORD') }}\"",
        "targets:\n  dev:\n    type: \"{{ env_var('DBT_ENV_SECRET_X') }}\"",
        "targets:\n  dev: {type: duckdb, password: hunter2-broken",
        "targets:\n  dev:\n    password: hunter2-twice\n    password: hunter2-twice",
        "targets:\n  dev:\n    type: duckdb\n  \tpassword: hunter2-tab",
        "default_target: hunter2-other\ntargets: {dev: {type: duckdb, password: hunter2-other}}",
        "targets: {dev: {type: duckdb, threads: hunter2-threads, password: hunter2-threads}}",
    ] {
        let all = quiet(&format!("name: shop\nversion: 1\n{settings}\n"));
        assert!(all.contains("error"), "{settings}: {all}");
    }
}
