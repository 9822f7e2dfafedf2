//! Every value of a shop is a canary, its keys included. Everything is provoked that a build, a plan and the commands on history can say
//! of data, in every format, and no canary may sing: not on a stream, not in a file, not in the ledger.

use super::artefacts;
use crate::people::Shop;

/// What every value has in it; numbers and dates have digits that occur nowhere else.
const CANARIES: &[&str] = &["canary", "4917055512", "1977-03", "555123"];

const ENTITY: &str = "entities:
  - name: customer
    table: file('data/customers.csv')
    key: email
    columns: {email: string, name: string, phone: string, born: string, spent: int, vip: boolean, city: string}
    lookups:
      - {name: place, table: file('data/places.csv'), on: city}
    suppress:
      - name: opt_outs
        table: file('data/opt_outs.csv')
        key: email
        columns: {email: string, at: timestamp}
        min_rows: 1
        time: at
        fresh_within: 40000 days
    channels: {mail: phone is not null}
    relations:
      - name: orders
        table: file('data/orders.csv')
        on: email
        key: id
        time: at
        columns: {email: string, id: string, at: timestamp, note: string}
";

const SPEC: &str = "lists:
  - {name: press, file: data/press.csv, key: email}
traits:
  - {name: last_note, last: orders.note}
segments:
  - {name: vip, where: vip, expose: [name, phone, last_note], channels: [mail]}
  - {name: press_people, where: [ {in_list: press} ]}
  - {name: rich, where: spent > 5}
  - {name: buyers, where: [ {did: orders} ], size: {min: 1}}
  - {name: cities, where: place.country = 'x'}
";

const CUSTOMERS: &str = "email,name,phone,born,spent,vip,city
canary1@example.com,Canary One,+49170555121,1977-03-01,5551231,true,Canaryville
canary2@example.com,Canary Two,+49170555122,1977-03-02,5551232,false,Canarytown
";

/// A shop, and what was heard of it.
struct Aviary(Shop, std::cell::RefCell<Vec<(String, String)>>);

impl Aviary {
    fn new() -> Self {
        let shop = Shop::new(ENTITY, SPEC, CUSTOMERS);
        shop.put("data/places.csv", "city,country\nCanaryville,canaryland\n");
        shop.put(
            "data/opt_outs.csv",
            "email,at\ncanary9@example.com,1977-03-09\n",
        );
        shop.put(
            "data/orders.csv",
            "email,id,at,note\ncanary1@example.com,canary-order,1977-03-10 00:00:00Z,canary note\n",
        );
        shop.put("data/press.csv", "email\ncanary2@example.com\n");
        Self(shop, Default::default())
    }

    fn heard(&self, what: String, text: String) {
        self.1.borrow_mut().push((what, text));
    }

    /// What is said, and what is written of it.
    fn says(&self, args: &[&str]) -> Option<i32> {
        let (code, said) = self.0.segc(args);
        self.heard(args.join(" "), said);
        for (path, text) in artefacts(self.0.path()) {
            self.heard(format!("{}: {path}", args.join(" ")), text);
        }
        code
    }

    /// The code that must be found there; the first times in every format.
    fn finds(&self, command: &[&str], code: &str) {
        let formats: &[&str] = match self.1.borrow().len() {
            0..20 => &["text", "json", "github", "sarif"],
            _ => &["text"],
        };
        for format in formats {
            let args = [command, &["--format", format]].concat();
            self.says(&args);
        }
        let (_, said) = self.0.segc(&[command, &["--log-format", "json"]].concat());
        assert!(
            said.contains(code),
            "{command:?} does not find {code}:\n{said}"
        );
        self.heard(format!("{command:?} in json"), said);
    }

    fn silent(self) {
        let database = self.0.path().join("shop.duckdb");
        if database.exists() {
            for sql in [
                "select coalesce(message, '') || coalesce(selection, '') from segments.segc_runs",
                "select coalesce(message, '') from segments.segc_run_segments",
                "select to_json(t)::varchar from segments.segc_segments as t",
                "select coalesce(sql, '') || coalesce(comment, '') from duckdb_views() where not internal",
            ] {
                for text in self.0.ask(sql) {
                    self.heard(sql.to_owned(), text);
                }
            }
        }
        let all = self.1.into_inner();
        assert!(all.len() > 10);
        for (what, text) in all {
            for canary in CANARIES {
                assert!(
                    !text.to_lowercase().contains(canary),
                    "{canary} sings in `{what}`:\n{text}"
                );
            }
        }
    }
}

/// Catalogue: G5, A11.
#[test]
fn what_is_wrong_with_data_is_said_without_a_value_of_it() {
    let bird = Aviary::new();
    let shop = &bird.0;
    let build: &[&str] = &["build"];
    // From here on there is a ledger, which keeps what refused runs said.
    assert_eq!(bird.says(&["build", "--as-of", "2026-01-01"]), Some(0));
    let broken: &[(&str, &str, &str)] = &[
        (
            "data/customers.csv",
            "canary1@example.com,Canary One,1,1,1,true,x\ncanary1@example.com,Canary One,1,1,1,true,x\n",
            "S0602",
        ),
        (
            "data/customers.csv",
            ",Canary One,+4917055512,1977-03-01,1,true,x\n",
            "S0601",
        ),
        (
            "data/customers.csv",
            "canary1@example.com,Canary One,+4917055512,1,canary,true,x\n",
            "S0615",
        ),
        (
            "data/customers.csv",
            "canary1@example.com,Canary One,+4917055512,1,1,canary,x\n",
            "S0615",
        ),
        (
            "data/places.csv",
            "Canaryville,canaryland\nCanaryville,canaryland\n",
            "S0613",
        ),
        ("data/opt_outs.csv", ",1977-03-09\n", "S0640"),
        ("data/opt_outs.csv", "canary9@example.com,canary\n", "S0615"),
        (
            "data/orders.csv",
            "canary1@example.com,canary-order,canary,canary note\n",
            "S0615",
        ),
        ("data/press.csv", "\"\"\n", "S0641"),
    ];
    for (file, rows, code) in broken {
        let path = shop.path().join(file);
        let good = std::fs::read_to_string(&path).unwrap();
        let head = good.lines().next().unwrap().to_owned();
        shop.put(file, &format!("{head}\n{rows}"));
        for command in [build, &["plan"]] {
            bird.finds(command, code);
        }
        bird.says(&["check"]);
        bird.says(&["debug"]);
        bird.says(&["explain", "vip", "--counts"]);
        shop.put(file, &good);
    }
    for sql in [
        "cast(name as int) > 1",
        "cast(name as date) > date '2026-01-01'",
        "cast(born as decimal(3,1)) > 1",
        "cast(spent * 1000 as int) * spent * 1000000000 * spent > 1",
    ] {
        shop.put(
            "segments/bad.yml",
            &format!("segments:\n  - {{name: bad, where: \"{sql}\"}}\n"),
        );
        for command in [build, &["plan"]] {
            bird.finds(command, "S0616");
        }
    }
    for sql in [
        "strptime(name, '%Y') is null",
        "regexp_matches('a', '[' || name)",
        "make_date(spent, spent, spent) is null",
        "from_base64(name) is null",
        "date_part(name, date '2026-01-01') = 1",
        "name::uuid is null",
        "name::interval is null",
    ] {
        shop.put(
            "segments/bad.yml",
            &format!("segments:\n  - name: bad\n    where:\n      - sql: {{duckdb: \"{sql}\"}}\n"),
        );
        bird.says(build);
        bird.says(&["plan", "--format", "json"]);
    }
    bird.silent();
}

/// Catalogue: G5, G6.
#[test]
fn commands_on_what_is_published_name_nobody() {
    let bird = Aviary::new();
    let shop = &bird.0;
    assert_eq!(bird.says(&["build", "--as-of", "2026-01-01"]), Some(0));
    shop.put("keys.txt", "canary1@example.com\n");
    shop.put(
        "data/customers.csv",
        &format!("{CUSTOMERS}canary3@example.com,Canary Three,+49170555123,1977-03-03,5551233,true,Canaryville\n"),
    );
    for args in [
        &["plan", "--as-of", "2026-01-02"][..],
        &["plan", "--as-of", "2026-01-02", "--markdown"],
        &["plan", "--as-of", "2026-01-02", "--format", "json"],
        &["plan", "--as-of", "2026-01-02", "--state", "."],
        &["compile"],
        &["compile", "--passes"],
        &["ls", "--output", "json"],
        &["ls"],
        &["explain", "vip"],
        &["explain", "vip", "--counts"],
        &["explain", "last_note"],
        &["test"],
        &["debug"],
        &["build", "--as-of", "2026-01-02", "--format", "json"],
        &["build", "--as-of", "2026-01-02"],
        &["doctor"],
    ] {
        assert_eq!(bird.says(args), Some(0), "{args:?}");
    }
    // Guards, hand edits, erasures.
    shop.put("data/customers.csv", CUSTOMERS.lines().next().unwrap());
    shop.put("data/orders.csv", "email,id,at,note\n");
    bird.finds(&["build", "--as-of", "2026-01-03"], "S0643");
    for edit in [
        "delete from segments.customer_members where entity_key like 'canary%'",
        "insert into segments.customer_members select 'vip', 'canary8@example.com', since, 'canary' from segments.customer_members limit 1",
        "insert into segments.customer_history select * from segments.customer_history",
        "update segments.customer_traits set entity_key = 'canary7'",
        "update segments.segc_runs set members_checksum = 'x'",
        "drop view segments.seg_vip",
    ] {
        shop.does(edit);
        bird.finds(&["doctor"], "S09");
    }
    bird.says(&["doctor", "--repair"]);
    shop.put("keys.txt", "canary1@example.com\ncanary2@example.com\n");
    bird.says(&["forget", "--keys-from", "keys.txt", "--entity", "customer"]);
    bird.says(&[
        "forget",
        "--keys-from",
        "keys.txt",
        "--entity",
        "customer",
        "--format",
        "json",
    ]);
    bird.says(&[
        "backfill",
        "--from",
        "2025-01-01",
        "--to",
        "2025-02-01",
        "--every",
        "month",
    ]);
    bird.says(&["prune", "--yes"]);
    bird.silent();
}

/// Catalogue: G6. Keys are shown where they are asked for, and only there.
#[test]
fn a_sample_shows_keys_because_it_was_asked_for() {
    let bird = Aviary::new();
    let (_, without) = bird.0.segc(&["plan", "--markdown"]);
    assert!(!without.contains("canary"), "{without}");
    let (_, with) = bird.0.segc(&["plan", "--markdown", "--sample", "2"]);
    assert!(with.contains("canary1"), "{with}");
}

/// Catalogue: G5.
#[test]
fn a_project_made_of_somebodys_files_has_no_row_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let customers = CUSTOMERS.replace("email,", "customer_id,");
    std::fs::write(dir.path().join("people.csv"), customers).unwrap();
    std::fs::write(
        dir.path().join("orders.csv"),
        "order_id,customer_id,ordered_at,status\ncanary-1,canary1@example.com,1977-03-10 00:00:00,canary\n",
    )
    .unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["init", "made", "--csv", "people.csv", "orders.csv"])
        .current_dir(dir.path())
        .output()
        .unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let mut files = 0;
    for entry in walkdir::WalkDir::new(dir.path().join("made")) {
        let entry = entry.unwrap();
        let path = entry.path();
        if path.extension().is_some_and(|e| e == "yml" || e == "md") {
            files += 1;
            let text = std::fs::read_to_string(path).unwrap().to_lowercase();
            for canary in CANARIES {
                assert!(
                    !text.contains(canary),
                    "{canary} in {}:\n{text}",
                    path.display()
                );
            }
        }
    }
    assert!(files > 1);
}
