//! The targets of dbt's profiles, and what is said of those that cannot be used.

use super::SEGMENTS;
use crate::cli::Place;
use crate::doubles::http::never;
use crate::doubles::snowflake::{Account, Manner};

/// A project of dbt with profiles, beside one of segc.
pub(super) fn of_dbt(profiles: &str, settings: &str) -> Place {
    let place = Place::with(SEGMENTS);
    place.write("segc.yml", format!("name: shop\n{settings}"));
    place.write("warehouse/dbt_project.yml", "name: warehouse\nprofile: \"{{ env_var('PROFILE', 'shop') }}\"\nmodels: {+materialized: view}\n");
    place.write("profiles/profiles.yml", profiles);
    place
}

#[test]
fn a_profile_of_dbt_is_a_target() {
    let account = Account::new(Manner::default(), super::in_order, never);
    let port = account
        .server
        .url("")
        .rsplit(':')
        .next()
        .unwrap()
        .to_owned();
    let profiles = format!(
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: jaffle.duckdb\n      schema: analytics\n      threads: 4\n\
         \x20   prod:\n      type: snowflake\n      account: myorg-shop\n      user: segc_build\n      warehouse: WH\n      database: SHOP\n      \
         schema: dbt_prod\n      role: SEGC\n      threads: 8\n      client_session_keep_alive: false\n      connect_retries: 3\n      host: 127.0.0.1\n      \
         port: \"{{{{ env_var('PORT', '{port}') | as_number }}}}\"\n      protocol: http\n      authenticator: programmatic_access_token\n      \
         token: pat-good\nother:\n  outputs: {{}}\n"
    );
    let place = of_dbt(&profiles, "dbt: {project_dir: warehouse}\n");
    let run = |args: &[&str]| place.run(&[&["debug", "--profiles-dir", "profiles"], args].concat());
    let ran = run(&[]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stdout
            .contains("target      dev (duckdb, of dbt's profile)"),
        "{ran}"
    );
    assert!(ran.stdout.contains("warehouse/jaffle.duckdb"), "{ran}");
    let ran = run(&["-t", "prod"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stdout
            .contains("target      prod (snowflake, of dbt's profile)"),
        "{ran}"
    );
    assert!(ran.stdout.contains("connection  fine"), "{ran}");
    // The folder by its variable, the output by segc.yml.
    place.write(
        "segc.yml",
        "name: shop\ndbt: {project_dir: warehouse, target: prod}\n",
    );
    let mut command = place.command(&["debug"]);
    let ran = place.finish(command.env("DBT_PROFILES_DIR", "profiles"));
    assert!(
        ran.stdout
            .contains("target      prod (snowflake, of dbt's profile)"),
        "{ran}"
    );
    // A secret that stands in the profile is never shown, even where somebody else says it.
    place.write(
        "profiles/profiles.yml",
        profiles.replace("pat-good", "pat-written-down"),
    );
    let ran = run(&["-t", "prod"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(!format!("{ran}").contains("pat-written-down"), "{ran}");
}

#[test]
fn a_profile_that_cannot_be_used_says_why() {
    let password = "shop:\n  target: prod\n  outputs:\n    prod: {type: snowflake, account: a, user: anna, password: hunter2hunter2, warehouse: W, database: D}\n    \
                    browser: {type: snowflake, account: a, user: anna, authenticator: externalbrowser, warehouse: W, database: D}\n    \
                    pg: {type: postgres, host: h}\n    none: {account: a}\n";
    let place = of_dbt(password, "dbt: {project_dir: warehouse}\n");
    let said = |args: &[&str], code: &str, words: &str| {
        let ran = place.run(&[&["debug", "--profiles-dir", "profiles"], args].concat());
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(
            ran.stderr.contains(code) && ran.stderr.contains(words),
            "{words}: {ran}"
        );
        assert!(!format!("{ran}").contains("hunter2"), "{ran}");
    };
    said(&[], "error[S0427]", "takes no passwords");
    said(
        &["-t", "browser"],
        "error[S0427]",
        "`externalbrowser` needs somebody",
    );
    said(&["-t", "pg"], "error[S0415]", "no target type `postgres`");
    said(
        &["-t", "none"],
        "error[S0426]",
        "the output `none` has no type",
    );
    said(
        &["-t", "production"],
        "error[S0414]",
        "there is no target `production`",
    );
    place.write(
        "warehouse/dbt_project.yml",
        "name: warehouse\nprofile: shopp\n",
    );
    said(&[], "error[S0426]", "has no profile `shopp`");
    place.write("warehouse/dbt_project.yml", "name: warehouse\n");
    said(&[], "error[S0426]", "does not say which profile");
    let ran = place.run(&["debug", "--profiles-dir", "nowhere"]);
    assert!(ran.stderr.contains("there is no profiles.yml in"), "{ran}");
    place.write(
        "segc.yml",
        "name: shop\ntargets: {dev: {type: duckdb}}\ndbt: {project_dir: warehouse, target: prod}\n",
    );
    said(
        &[],
        "error[S0426]",
        "both `targets:` and `dbt: {target: …}`",
    );
    // Whoever asks for none of dbt's connections has a file of their own.
    place.write("segc.yml", "name: shop\ndbt: {project_dir: warehouse}\n");
    let ran = place.run(&["debug"]);
    assert!(ran.stdout.contains("shop.duckdb"), "{ran}");
}

#[test]
fn what_is_not_found_is_not_invented() {
    let profiles = "shop: {target: dev, outputs: {dev: {type: duckdb, path: jaffle.duckdb}}}\n";
    let place = of_dbt(profiles, "dbt: {project_dir: warehouse}\n");
    let only = |args: &[&str], words: &str| {
        let ran = place.run(args);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains(words), "{ran}");
        assert_eq!(ran.stderr.matches("error[").count(), 1, "{ran}");
        assert!(!ran.stdout.contains("connection"), "{ran}");
        assert!(!ran.stdout.contains("shop.duckdb"), "{ran}");
    };
    for command in ["debug", "plan", "build", "check"] {
        only(
            &[command, "--profiles-dir", "nowhere"],
            "there is no profiles.yml in",
        );
    }
    place.write(
        "warehouse/dbt_project.yml",
        "name: warehouse\nprofile: shopp\n",
    );
    for command in ["debug", "plan", "build", "check"] {
        only(
            &[command, "--profiles-dir", "profiles"],
            "has no profile `shopp`",
        );
    }
}

#[test]
fn an_output_without_a_path_is_in_memory_as_dbt_has_it() {
    let profiles =
        "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      schema: main\n";
    let place = of_dbt(profiles, "dbt: {project_dir: warehouse}\n");
    let ran = place.run(&["build", "--profiles-dir", "profiles"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr.contains("error[S0429]") && ran.stderr.contains("profiles.yml:5:13"),
        "{ran}"
    );
}

#[test]
fn databases_that_are_only_attached_are_not_passed_over_in_silence() {
    let of = |more: &str| {
        let profiles = format!(
            "shop:\n  target: dev\n  outputs:\n    dev:\n      type: duckdb\n      path: jaffle.duckdb\n      threads: 4\n{more}"
        );
        of_dbt(&profiles, "dbt: {project_dir: warehouse}\n").run(&[
            "debug",
            "--profiles-dir",
            "profiles",
        ])
    };
    let ran = of("      attach: [{path: prod.duckdb, alias: pr}]\n");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr
            .contains("warning[S0416]: `attach` of dbt's profile is not read")
            && ran.stderr.contains("profiles.yml:8:7"),
        "{ran}"
    );
    let ran = of("      attach: []\n      extensions: [parquet]\n");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran}");
}
