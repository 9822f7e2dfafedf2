//! The program as users run it: streams, exit codes, files. Each test has a folder and an environment of its own.

use crate::cases::lay_out;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder to run in.
pub(crate) struct Place {
    dir: tempfile::TempDir,
}

/// What a run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self {
            dir: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// A project with the base of the cases and these segments.
    pub(crate) fn with(segments: &str) -> Self {
        let place = Self {
            dir: lay_out("nothing_on_top"),
        };
        place.write("segments/case.yml", segments);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let to = self.path().join(path);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::write(to, text).expect("written");
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segc"));
        command
            .args(args)
            .current_dir(self.path())
            .env_clear()
            .stdin(Stdio::null());
        for name in ["LD_LIBRARY_PATH", "PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.finish(&mut self.command(args))
    }

    pub(crate) fn finish(&self, command: &mut Command) -> Ran {
        let output = command.output().expect("segc runs");
        let here = self.path().to_string_lossy().into_owned();
        let real = self.path().canonicalize().expect("it is there");
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes)
                .expect("segc writes UTF-8")
                .replace(&*real.to_string_lossy(), "$DIR")
                .replace(&here, "$DIR")
        };
        Ran {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or("none".to_owned(), |c| c.to_string());
        write!(
            f,
            "exit {code}\n--- stdout\n{}--- stderr\n{}",
            self.stdout, self.stderr
        )
    }
}

const TWO: &str = "\
segments:
  - {name: buyers, tags: [a], owner: crm, where: [ {did: orders} ]}
  - {name: web_buyers, tags: [a, b], where: [ {in: buyers}, {did: orders, where: channel = 'web'} ], expose: [spent]}
traits:
  - {name: spent, sum: orders.total}
  - {name: visited, count: visits}
";

#[test]
fn the_reference_of_all_commands() {
    let place = Place::empty();
    let mut text = place.run(&["--help"]).stdout;
    for command in [
        "init",
        "check",
        "compile",
        "test",
        "plan",
        "build",
        "show",
        "ls",
        "explain",
        "why",
        "schema",
        "completions",
        "debug",
        "backfill",
        "doctor",
        "prune",
        "forget",
    ] {
        let ran = place.run(&[command, "--help"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        text.push_str(&format!("\n=== segc {command}\n{}", ran.stdout));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn check_says_what_is_fine_on_stderr_and_nothing_on_stdout() {
    let place = Place::with(TWO);
    let ran = place.run(&["check", "--offline"]);
    insta::assert_snapshot!(ran, @r"
    exit 0
    --- stdout
    --- stderr
    2 segments and 2 traits are fine (4 without description, 1 without owner, 2 without action, 2 without test)
    ");
    assert_eq!(
        place.run(&["parse", "--offline"]).code,
        Some(0),
        "dbt's word works"
    );
    assert_eq!(place.run(&["check", "--offline", "--quiet"]).stderr, "");
}

#[test]
fn an_error_is_shown_at_its_place_whatever_the_folder() {
    let place = Place::with("segments:\n  - {name: a, where: [ {did: order} ]}\n");
    let ran = place.run(&["check", "--offline"]);
    insta::assert_snapshot!(ran, @r"
    exit 1
    --- stdout
    --- stderr
    error[S0302]: unknown relation `order` of entity `customer`
     --> segments/case.yml:2:30
      |
    2 |   - {name: a, where: [ {did: order} ]}
      |                              ^^^^^ customer has the relations: orders, items, visits, notes
      |
      = help: did you mean `orders`?

    1 error
    ");
    let below = place.finish(
        place
            .command(&["check", "--offline"])
            .current_dir(place.path().join("segments")),
    );
    assert!(
        below.stderr.contains("--> ../segments/case.yml:2:30"),
        "{below}"
    );
    let above = Place::empty();
    let dir = place.path().to_string_lossy().into_owned();
    let named = above.run(&["check", "--offline", "--project-dir", &dir]);
    assert_eq!(named.code, Some(1), "{named}");
    let mut command = above.command(&["check", "--offline"]);
    let by_env = above.finish(command.env("SEGC_PROJECT_DIR", &dir));
    assert_eq!(by_env.code, Some(1), "{by_env}");
}

#[test]
fn machines_get_their_formats_on_stdout() {
    let place = Place::with("segments:\n  - {name: a, where: [ {did: order} ]}\n");
    let github = place.run(&["check", "--offline", "--format", "github"]);
    assert!(
        github
            .stdout
            .starts_with("::error file=segments/case.yml,line=2,"),
        "{github}"
    );
    assert_eq!(github.stderr, "");
    let json = place.run(&["check", "--offline", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("one object");
    assert_eq!(value["code"], "S0302");
    let sarif = place.run(&["check", "--offline", "--format", "sarif"]);
    let value: serde_json::Value = serde_json::from_str(&sarif.stdout).expect("one object");
    assert_eq!(value["version"], "2.1.0");
    let log = place.run(&["check", "--offline", "--log-format", "json"]);
    assert_eq!(log.stdout, "");
    assert!(log.stderr.starts_with("{\"code\":\"S0302\""), "{log}");
}

#[test]
fn no_project_is_told_from_a_bad_one() {
    let ran = Place::empty().run(&["check"]);
    insta::assert_snapshot!(ran, @r"
    exit 2
    --- stdout
    --- stderr
    error[S0401]: there is no segc.yml in this folder or above it
     |
     = help: name the project's folder with `--project-dir`, or make a project with `segc init`

    1 error
    ");
    assert_eq!(
        Place::empty()
            .run(&["check", "--project-dir", "nowhere"])
            .code,
        Some(2)
    );
}

#[test]
fn usage_errors_exit_2_and_help_exits_0() {
    let place = Place::empty();
    assert_eq!(place.run(&["chekc"]).code, Some(2));
    assert_eq!(place.run(&["check", "--no-such-flag"]).code, Some(2));
    assert_eq!(place.run(&[]).code, Some(2));
    assert_eq!(place.run(&["help", "check"]).code, Some(0));
    let version = place.run(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("segc {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn selections_are_spelled_as_in_dbt() {
    let place = Place::with(TWO);
    let names = |args: &[&str]| {
        let mut all = vec!["ls", "--offline", "--output", "name"];
        all.extend_from_slice(args);
        let ran = place.run(&all);
        assert_eq!(ran.code, Some(0), "{args:?} {ran}");
        ran.stdout.lines().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&["--kind", "segment"]), "buyers web_buyers");
    assert_eq!(names(&["--kind", "trait"]), "spent visited");
    assert_eq!(
        names(&["-s", "tag:b"]),
        "web_buyers spent",
        "exposed traits come along"
    );
    assert_eq!(names(&["-s", "tag:a,tag:b"]), "web_buyers spent");
    assert_eq!(names(&["-s", "tag:b buyers"]), "buyers web_buyers spent");
    assert_eq!(names(&["-s", "tag:b", "buyers"]), "buyers web_buyers spent");
    assert_eq!(names(&["-s", "+web_buyers"]), "buyers web_buyers spent");
    assert_eq!(names(&["-s", "buyers+"]), "buyers web_buyers spent");
    assert_eq!(names(&["-s", "spent+"]), "web_buyers spent");
    assert_eq!(names(&["-s", "owner:crm"]), "buyers");
    assert_eq!(
        names(&["-s", "path:segments/case.yml", "--exclude", "spent+"]),
        "buyers visited"
    );
    assert_eq!(
        names(&["-s", "path:segments/", "--kind", "segment"]),
        "buyers web_buyers"
    );
    assert_eq!(names(&["--exclude", "tag:a", "--kind", "segment"]), "");
    let mut command = place.command(&["ls", "--offline", "--output", "name"]);
    let by_env = place.finish(command.env("SEGC_SELECT", "owner:crm"));
    assert_eq!(by_env.stdout, "buyers\n", "{by_env}");
}

#[test]
fn a_wrong_selection_is_shown_where_it_stands() {
    let place = Place::with(TWO);
    let ran = place.run(&[
        "ls",
        "--offline",
        "-s",
        "tag:a,web_buyer",
        "--exclude",
        "tga:x state:modified",
    ]);
    insta::assert_snapshot!(ran);
    assert_eq!(ran.code, Some(2));
}

#[test]
fn an_empty_selection_warns_and_is_fine() {
    let place = Place::with(TWO);
    let ran = place.run(&["check", "--offline", "-s", "tag:nobody"]);
    insta::assert_snapshot!(ran, @r"
    exit 0
    --- stdout
    --- stderr
    warning[S0410]: nothing is selected
     |
     = help: `segc ls` prints what there is

    1 warning
    ");
    let strict = place.run(&["check", "--offline", "-s", "tag:nobody", "--warn-error"]);
    assert_eq!(strict.code, Some(1), "{strict}");
}

#[test]
fn the_instant_is_checked_where_it_stands() {
    let place = Place::with(TWO);
    let ran = place.run(&["check", "--offline", "--as-of", "2999-01-01"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr
            .contains("error[S0413]: `as_of` lies in the future\n --> --as-of:1:1"),
        "{ran}"
    );
    let ran = place.run(&["check", "--offline", "--as-of", "soon"]);
    assert!(ran.stderr.contains("error[S0413]"), "{ran}");
    assert_eq!(
        place.run(&["check", "--offline", "--as-of", "today"]).code,
        Some(0)
    );
}

#[test]
fn targets_are_checked_where_they_stand() {
    let place = Place::with(TWO);
    let ran = place.run(&["check", "--offline", "--target", "dve"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(
        ran.stderr
            .contains("error[S0414]: there is no target `dve`"),
        "{ran}"
    );
    assert!(ran.stderr.contains("did you mean `dev`?"), "{ran}");
    place.write(
        "segc.yml",
        "name: x\ntargets:\n  a: {type: duckdb, thread: 3}\n  b: {type: redshift, host: h}\n",
    );
    let ran = place.run(&["check", "--offline"]);
    assert!(
        ran.stderr
            .contains("error[S0414]: which of the targets `a`, `b` is meant"),
        "{ran}"
    );
    let ran = place.run(&["check", "--offline", "-t", "a"]);
    assert!(ran.stderr.contains("error[S0416]"), "{ran}");
    assert!(ran.stderr.contains("did you mean `threads`?"), "{ran}");
    let ran = place.run(&["check", "--offline", "-t", "b"]);
    assert!(
        ran.stderr
            .contains("error[S0415]: there is no target type `redshift`"),
        "{ran}"
    );
}

#[test]
fn vars_come_from_the_command_line_too() {
    let place =
        Place::with("segments:\n  - {name: a, where: [ \"count(orders) > var('vip_spend')\" ]}\n");
    let sql = |vars: &str| {
        let ran = place.run(&["compile", "--offline", "-s", "a", "--vars", vars]);
        assert_eq!(ran.code, Some(0), "{ran}");
        ran.stdout
    };
    assert!(sql("{vip_spend: 7}").contains("> 7"));
    assert!(sql("{}").contains("> 500"));
    let ran = place.run(&["compile", "--offline", "--vars", "{vip: 7}"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("--vars:1:2"), "{ran}");
}

#[test]
fn compiling_twice_gives_the_same_bytes() {
    let place = Place::with(TWO);
    let read = || {
        let mut files: Vec<(PathBuf, String)> = walkdir::WalkDir::new(place.path().join("target"))
            .into_iter()
            .map(|e| e.expect("an entry"))
            .filter(|e| e.file_type().is_file())
            .map(|e| {
                (
                    e.path().to_owned(),
                    std::fs::read_to_string(e.path()).expect("text"),
                )
            })
            .collect();
        files.sort();
        files
    };
    let ran = place.run(&["compile", "--offline"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""), "{ran}");
    let first = read();
    let names: Vec<String> = first
        .iter()
        .map(|(p, _)| {
            p.strip_prefix(place.path())
                .expect("below")
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    assert!(
        names.contains(&"target/manifest.json".to_owned()),
        "{names:?}"
    );
    assert!(
        names.contains(&"target/compiled/dev/customer.sql".to_owned()),
        "{names:?}"
    );
    std::fs::write(place.path().join("target/compiled/dev/checks/old.sql"), "x").expect("written");
    place.run(&["compile", "--offline"]);
    assert_eq!(read(), first, "and what is no more is gone");
    let manifest =
        std::fs::read_to_string(place.path().join("target/manifest.json")).expect("text");
    insta::assert_snapshot!(manifest);
    let elsewhere = place.run(&["compile", "--offline", "--target-path", "out"]);
    assert!(
        place.path().join("out/manifest.json").is_file(),
        "{elsewhere}"
    );
}

/// What each alone would write, in a folder of its own; and nothing is left of what a run of one dialect wrote.
#[test]
fn several_dialects_are_written_in_one_run() {
    let place = Place::with(TWO);
    let read = |file: &str| std::fs::read_to_string(place.path().join("target").join(file));
    let compile = |dialects: &str| {
        let ran = place.run(&["compile", "--offline", "--dialect", dialects]);
        assert_eq!(ran.code, Some(0), "{ran}");
    };
    let alone: Vec<String> = ["bigquery", "snowflake"]
        .map(|dialect| {
            compile(dialect);
            read("compiled/dev/customer.sql").expect("one dialect has no folder")
        })
        .into();
    assert_ne!(alone[0], alone[1]);
    compile("snowflake,bigquery");
    for (dialect, sql) in ["bigquery", "snowflake"].iter().zip(&alone) {
        let together = read(&format!("compiled/dev/{dialect}/customer.sql")).expect("its folder");
        assert_eq!(together, *sql);
    }
    assert!(read("compiled/dev/customer.sql").is_err());
    let manifest = read("manifest.json").expect("written");
    assert!(
        manifest.contains("\"adapter_type\": \"duckdb\""),
        "{manifest}"
    );
    let ran = place.run(&[
        "compile",
        "--offline",
        "--dialect",
        "bigquery,snowflake",
        "--select",
        "buyers",
    ]);
    let order = ["-- bigquery\n", "-- snowflake\n"].map(|mark| ran.stdout.find(mark));
    assert!(order[0].is_some() && order[0] < order[1], "{ran}");
    compile("duckdb");
    assert!(!place.path().join("target/compiled/dev/bigquery").exists());
}

#[test]
fn the_rewrites_can_be_watched() {
    let ran = Place::with(TWO).run(&["compile", "--offline", "--passes"]);
    assert!(ran.stdout.starts_with("=== naive\n"), "{ran}");
    assert!(ran.stdout.contains("\n=== fuse"), "{ran}");
}

#[test]
fn a_result_that_cannot_be_written_is_told() {
    let place = Place::with(TWO);
    place.write("target", "in the way");
    let ran = place.run(&["compile", "--offline"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("error[S0420]: cannot write"), "{ran}");
}

#[test]
fn explain_knows_names_and_codes() {
    let place = Place::with(TWO);
    insta::assert_snapshot!(place.run(&["explain", "--offline", "web_buyers"]));
    insta::assert_snapshot!(
        "explain_a_trait",
        place.run(&["explain", "--offline", "spent"])
    );
    let code = place.run(&["explain", "s0210"]);
    assert!(code.stdout.starts_with("S0210: unknown column\n"), "{code}");
    let unknown = place.run(&["explain", "S9999"]);
    assert_eq!(unknown.code, Some(2), "{unknown}");
    let unknown = place.run(&["explain", "--offline", "web_buyer"]);
    assert!(
        unknown.stderr.contains("did you mean `web_buyers`?"),
        "{unknown}"
    );
    assert_eq!(unknown.code, Some(2), "{unknown}");
}

#[test]
fn schema_and_completions_are_data() {
    let place = Place::empty();
    for of in ["spec", "settings"] {
        let ran = place.run(&["schema", of]);
        let schema: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert!(schema["$schema"].is_string(), "{of}");
    }
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let ran = place.run(&["completions", shell]);
        assert!(ran.code == Some(0) && ran.stdout.contains("segc"), "{ran}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let place = Place::empty();
    let mut child = place
        .command(&["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("segc runs");
    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn init_writes_into_an_empty_folder_and_never_over_a_file() {
    let place = Place::empty();
    let ran = place.run(&["init", "My-Shop"]);
    insta::assert_snapshot!(ran);
    let settings = std::fs::read_to_string(place.path().join("My-Shop/segc.yml")).expect("text");
    assert!(settings.contains("\nname: my_shop\n"), "{settings}");
    let again = place.run(&["init", "My-Shop"]);
    assert_eq!(again.code, Some(2), "{again}");
    assert!(again.stderr.contains("error[S0418]"), "{again}");
    let dir = place.path().join("My-Shop");
    let checked = place.finish(place.command(&["check", "--offline"]).current_dir(&dir));
    assert_eq!(checked.code, Some(0), "{checked}");
}

/// What files may be: the room that reads them refuses the rest.
#[cfg(unix)]
mod hostile_files {
    use super::*;
    use std::os::unix::fs::symlink;

    fn check(place: &Place) -> Ran {
        place.run(&["check", "--offline"])
    }

    #[test]
    fn links_out_of_the_project_are_refused() {
        let outside = Place::empty();
        outside.write("secret.yml", "segments: []");
        let place = Place::with(TWO);
        symlink(
            outside.path().join("secret.yml"),
            place.path().join("segments/a.yml"),
        )
        .expect("linked");
        symlink(outside.path(), place.path().join("segments/b")).expect("linked");
        let ran = check(&place);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert_eq!(ran.stderr.matches("error[S0404]").count(), 2, "{ran}");
    }

    #[test]
    fn links_in_circles_and_into_nothing_are_told() {
        let place = Place::with(TWO);
        symlink(
            place.path().join("segments"),
            place.path().join("segments/again"),
        )
        .expect("linked");
        symlink(
            place.path().join("nothing"),
            place.path().join("segments/z.yml"),
        )
        .expect("linked");
        let ran = check(&place);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(
            ran.stderr.contains("a link to a folder that it lies in"),
            "{ran}"
        );
        assert!(ran.stderr.contains("segments/z.yml"), "{ran}");
    }

    #[test]
    fn pipes_do_not_block() {
        let place = Place::with(TWO);
        let made = Command::new("mkfifo")
            .arg(place.path().join("segments/pipe.yml"))
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        let ran = check(&place);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            ran.stderr
                .contains("error[S0405]: `segments/pipe.yml` is not a regular file"),
            "{ran}"
        );
    }

    #[test]
    fn large_files_and_too_many_bytes_are_refused() {
        let place = Place::with(TWO);
        place.write("segments/large.yml", "#".repeat((1 << 20) + 1));
        let ran = check(&place);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            ran.stderr
                .contains("`segments/large.yml` has 1048577 bytes"),
            "{ran}"
        );
        std::fs::remove_file(place.path().join("segments/large.yml")).expect("removed");
        for n in 0..65 {
            place.write(&format!("segments/n{n}.yml"), "#".repeat(1 << 20));
        }
        let ran = check(&place);
        assert!(ran.stderr.contains("error[S0403]"), "{ran}");
    }

    #[test]
    fn an_unreadable_text_is_told_from_a_missing_one() {
        let place = Place::with(TWO);
        place.write("segments/bytes.yml", b"segments: [\xff\xfe]");
        place.write("segments/nul.yml", b"segments: [\0]");
        place.write("segments/bom.yml", b"\xef\xbb\xbftraits: []\r\n");
        place.write("segments/nothing.yml", b"");
        place.write("segments/.hidden.yml", b"\xff");
        let ran = check(&place);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains("the file is not UTF-8 text"), "{ran}");
        assert!(ran.stderr.contains("the character NUL"), "{ran}");
        assert!(
            !ran.stderr.contains("hidden") && !ran.stderr.contains("nothing.yml"),
            "{ran}"
        );
    }

    #[test]
    fn bombs_and_deep_nesting_end_soon_in_a_diagnostic() {
        let place = Place::with(TWO);
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for n in 1..12 {
            bomb.push_str(&format!(
                "a{n}: &a{n} [{}]\n",
                vec![format!("*a{}", n - 1); 10].join(", ")
            ));
        }
        place.write("segments/bomb.yml", bomb);
        place.write("segments/deep.yml", format!("a: {}", "[".repeat(10_000)));
        let sql = format!(
            "segments:\n  - {{name: deep, where: [ \"{}1 = 1\" ]}}\n",
            "(".repeat(20_000)
        );
        place.write("segments/sql.yml", sql);
        let ran = check(&place);
        assert_eq!(ran.code, Some(1), "{ran}");
        for file in ["bomb.yml", "deep.yml", "sql.yml"] {
            assert!(
                ran.stderr.contains(&format!("--> segments/{file}")),
                "{file} {ran}"
            );
        }
    }
}

/// With the engine: what is built, shown, found out.
#[cfg(feature = "duckdb-linked")]
mod with_engine {
    use super::*;

    fn started() -> Place {
        let place = Place::empty();
        assert_eq!(place.run(&["init", "-q"]).code, Some(0));
        place
    }

    /// Without what differs between runs.
    fn steady(text: &str) -> String {
        let cut = |line: &str| line.split(" (run ").next().unwrap_or(line).to_owned() + "\n";
        text.lines().map(cut).collect()
    }

    #[test]
    fn a_new_project_checks_builds_and_builds_again() {
        let place = started();
        let checked = place.run(&["check"]);
        assert_eq!(checked.code, Some(0), "{checked}");
        let built = place.run(&["build"]);
        assert_eq!(built.code, Some(0), "{built}");
        insta::assert_snapshot!("first_build", steady(&built.to_string()));
        let again = place.run(&["build"]);
        assert_eq!(again.code, Some(0), "{again}");
        assert!(again.stderr.contains("nothing to do"), "{again}");
        let results =
            std::fs::read_to_string(place.path().join("target/run_results.json")).expect("text");
        let results: serde_json::Value = serde_json::from_str(&results).expect("JSON");
        assert_eq!(results["run"]["status"], "unchanged");
        let json = place.run(&["build", "--format", "json", "--as-of", "2026-02-01"]);
        let results: serde_json::Value =
            serde_json::from_str(&json.stdout).expect("JSON and nothing else");
        assert_eq!(results["run"]["status"], "published", "{json}");
        let earlier = place.run(&["build", "--as-of", "2026-01-15"]);
        assert_eq!(earlier.code, Some(1), "{earlier}");
    }

    /// What S0607 advises: what another project publishes to the schema under its prefix, or without one, is not to be dropped.
    #[test]
    fn two_projects_with_a_prefix_share_a_schema() {
        let (ours, theirs) = (started(), started());
        let shared = ours.path().join("shared.duckdb");
        let settings = |place: &Place, name: &str| {
            let text = std::fs::read_to_string(place.path().join("segc.yml")).expect("text");
            let changed = text.lines().map(|line| match line.split_once(':') {
                Some(("name", _)) => format!("name: {name}\n"),
                Some(("  dev", _)) => {
                    format!("  dev: {{type: duckdb, path: '{}'}}\n", shared.display())
                }
                _ => format!("{line}\n"),
            });
            changed.collect::<String>()
        };
        ours.write("segc.yml", settings(&ours, "shop"));
        let settings = settings(&theirs, "b2b");
        theirs.write("segc.yml", &settings);
        assert_eq!(ours.run(&["build"]).code, Some(0));
        let refused = theirs.run(&["build"]);
        assert!(refused.stderr.contains("S0607"), "{refused}");
        theirs.write(
            "segc.yml",
            settings + "outputs: {schema: segments, prefix: b2b_}\n",
        );
        let built = theirs.run(&["build"]);
        assert_eq!(built.code, Some(0), "{built}");
        let found = |place: &Place| {
            let ran = place.run(&["doctor"]);
            (ran.code, ran.stderr.matches("nothing owns").count())
        };
        assert_eq!((found(&ours), found(&theirs)), ((Some(0), 0), (Some(0), 0)));
        let connection = duckdb::Connection::open(&shared).expect("a database");
        connection
            .execute_batch(
                "create view segments.seg_old as select 1 as a; create view segments.b2b_seg_old as select 1 as a",
            )
            .expect("views");
        drop(connection);
        assert_eq!((found(&ours), found(&theirs)), ((Some(1), 1), (Some(1), 1)));
    }

    #[test]
    fn members_are_shown_without_publishing() {
        let place = started();
        let shown = place.run(&["show", "winback", "--limit", "3", "--output", "csv"]);
        insta::assert_snapshot!(shown);
        assert!(!place.path().join("target").exists(), "nothing is written");
        let group = place.run(&["show", "lifecycle"]);
        assert_eq!(group.code, Some(2), "{group}");
        assert!(
            group.stderr.contains("its cases are lifecycle.new"),
            "{group}"
        );
        let json = place.run(&["show", "lifecycle.new", "--output", "json", "-q"]);
        assert!(json.stdout.starts_with("{\"customer_id\":"), "{json}");
    }

    #[test]
    fn debug_names_what_it_finds() {
        let place = started();
        let ran = place.run(&["debug"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.stdout.contains("not there yet"), "{ran}");
        let name = place
            .path()
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .to_lowercase();
        let settings = std::fs::read_to_string(place.path().join("segc.yml")).expect("text");
        let database = settings
            .split("path: ")
            .nth(1)
            .and_then(|t| t.split('}').next())
            .unwrap_or(&name)
            .to_owned();
        place.write(&database, "no database");
        let ran = place.run(&["debug"]);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("error[S0421]"), "{ran}");
    }

    #[test]
    fn missing_files_and_bad_data_publish_nothing() {
        let place = started();
        let customers = place.path().join("data/customers.csv");
        let text = std::fs::read_to_string(&customers).expect("text");
        let doubled = format!("{text}1,x@example.com,US,true,2025-01-01\n");
        std::fs::write(&customers, doubled).expect("written");
        let ran = place.run(&["build"]);
        assert_eq!(ran.code, Some(1), "{ran}");
        insta::assert_snapshot!("a_duplicate_key", ran);
        std::fs::remove_file(&customers).expect("removed");
        let ran = place.run(&["build"]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            ran.stderr.contains("--> segments/customers.yml:4:18"),
            "{ran}"
        );
    }

    #[test]
    fn what_is_declared_must_be_there() {
        let place = started();
        let specs = place.path().join("segments/customers.yml");
        let text = std::fs::read_to_string(&specs).expect("text");
        std::fs::write(
            &specs,
            text.replace("country: string,", "country: string, town: string,"),
        )
        .expect("written");
        let ran = place.run(&["check"]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains("error[S0308]"), "{ran}");
    }

    #[test]
    fn csv_files_become_a_project_that_builds() {
        let place = Place::empty();
        place.write("people.csv", "user_id,name\n1,Ann\n2,Bo\n3,Cy\n");
        place.write(
            "Shop Orders.csv",
            "id,user_id,at,total\n7,1,2025-01-01 10:00:00,5.50\n8,1,2025-02-01 10:00:00,7.25\n9,2,2025-03-01 10:00:00,1.00\n",
        );
        let ran = place.run(&["init", "shop", "--csv", "people.csv", "Shop Orders.csv"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        insta::assert_snapshot!(
            "inferred",
            std::fs::read_to_string(place.path().join("shop/segments/customers.yml"))
                .expect("text")
        );
        let dir = place.path().join("shop");
        let built = place.finish(
            place
                .command(&["build", "--as-of", "2025-03-02"])
                .current_dir(&dir),
        );
        assert_eq!(built.code, Some(0), "{built}");
        let alone = place.run(&["init", "alone", "--csv", "Shop Orders.csv"]);
        assert_eq!(alone.code, Some(0), "{alone}");
        let dir = place.path().join("alone");
        let built = place.finish(
            place
                .command(&["build", "--as-of", "2025-03-02"])
                .current_dir(&dir),
        );
        assert_eq!(built.code, Some(0), "{built}");
        place.write("colours.csv", "colour,shade\nred,dark\nred,light\n");
        let useless = place.run(&["init", "none", "--csv", "colours.csv"]);
        assert_eq!(useless.code, Some(2), "{useless}");
        assert!(useless.stderr.contains("error[S0419]"), "{useless}");
    }
}

/// Without it: what needs the engine says so.
#[cfg(not(feature = "duckdb-linked"))]
#[test]
fn without_an_engine_a_build_says_so() {
    let place = Place::empty();
    place.run(&["init", "-q"]);
    let ran = place.run(&["build"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    assert!(ran.stderr.contains("error[S0417]"), "{ran}");
}
