//! The client of Snowflake against its double: every call with every fault, every way to log in, long jobs, parts of results,
//! errors, and Ctrl-C.

use super::Still;
use super::http::{Fault, Request, Response, never, nth};
use super::snowflake::{Account, Manner, Outcome};
use segc::engine::snowflake::{Login, SESSION, Snowflake, Source, Workload};
use segc::engine::{Engine, EngineError, EngineErrorKind, Rows, Value, Warehouse as _};
use segc::secret::Secret;
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Three people, whoever asks.
fn three() -> Outcome {
    let cell = |text: &str| Some(text.to_owned());
    Outcome::Rows(
        vec![
            ("ID", json!({"type": "fixed", "scale": 0})),
            ("SINCE", json!({"type": "timestamp_tz", "scale": 9})),
        ],
        vec![
            vec![cell("1"), cell("1769850000.000000000 1440")],
            vec![cell("2"), None],
            vec![cell("3"), cell("0.500000000 1500")],
        ],
    )
}

fn answers(sql: &str) -> Outcome {
    match sql.split_whitespace().next() {
        Some("select") => three(),
        Some("insert") => Outcome::Changed(3, 0, 0),
        Some("update") => Outcome::Changed(0, 2, 0),
        Some("refuse") => Outcome::Failed(
            "002003",
            "42S02",
            "SQL compilation error:\nObject 'T' does not exist or not authorized.",
        ),
        Some("locked") => Outcome::Failed("000625", "57014", "Statement 'x' has locked table 'T'."),
        _ => Outcome::Done,
    }
}

fn expected() -> Rows {
    let text = |text: &str| Value::Text(text.to_owned());
    Rows {
        columns: vec!["ID".to_owned(), "SINCE".to_owned()],
        rows: vec![
            vec![Value::Int(1), text("2026-01-31 09:00:00+00")],
            vec![Value::Int(2), Value::Null],
            vec![Value::Int(3), text("1970-01-01 00:00:00.5+00")],
        ],
    }
}

fn account(faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static) -> Account {
    let manner = Manner {
        partition: 2,
        ..Manner::default()
    };
    Account::new(manner, answers, faults)
}

#[test]
fn a_request_says_everything_that_its_statements_rely_on() {
    let account = account(never);
    let mut options = account.options();
    options.query_tag = Some("crm".to_owned());
    options.statement_timeout = Some(Duration::from_secs(900));
    let mut session = account.connect_with(options).open();
    assert_eq!(
        session.query("select id, since from t;\n").unwrap(),
        expected()
    );
    assert_eq!(session.change("insert into t select 1 -- done").unwrap(), 3);
    assert_eq!(session.change("update t set a = ';'").unwrap(), 2);
    assert_eq!(session.change("create table t (a number)").unwrap(), 0);
    assert_eq!(
        account.bodies()[0],
        json!({"statement": format!("{SESSION}\n;\nselect id, since from t"), "timeout": 900,
            "warehouse": "WH", "role": "SEGC", "database": "SHOP",
            "parameters": {"MULTI_STATEMENT_COUNT": "2", "TIMEZONE": "UTC", "QUERY_TAG": "crm segc 01RUN"}})
    );
    for part in [
        "timezone = 'UTC'",
        "week_start = 1",
        "default_null_ordering = 'LAST'",
        "quoted_identifiers_ignore_case = false",
    ] {
        assert!(SESSION.contains(part), "{part}");
    }
    let calls = ["submit", "status", "status", "status", "partition"];
    assert_eq!(account.calls()[..5], calls);
    let submitted = &account.server.requests()[0];
    assert_eq!(submitted.parameter("async"), Some("true"));
    assert!(submitted.header("user-agent").starts_with("segc/"));
}

#[test]
fn rows_changed_are_counted_with_and_without_figures() {
    let manner = Manner {
        without_stats: true,
        ..Manner::default()
    };
    let account = Account::new(manner, answers, never);
    let mut session = account.connect().open();
    assert_eq!(session.change("insert into t select 1").unwrap(), 3);
    assert_eq!(session.change("select 1").unwrap(), 0);
}

#[test]
fn every_call_with_every_fault_ends_in_the_answer_and_one_execution() {
    let instead = |status| {
        Fault::Instead(Response::json(
            status,
            &json!({"code": "390000", "message": "not now"}),
        ))
    };
    let faults = [
        Fault::DropBefore,
        Fault::DropAfter,
        instead(401),
        instead(429),
        instead(500),
        instead(503),
        Fault::Instead(Response::new(502, "<html>bad gateway</html>")),
        Fault::Instead(Response::new(200, "")),
        Fault::Truncate,
        Fault::Delay,
        Fault::Twice,
    ];
    for call in 1..=5 {
        for fault in &faults {
            let account = account(nth(call, fault.clone()));
            let mut session = account.connect().open();
            let found = session
                .query("select 1")
                .unwrap_or_else(|e| panic!("call {call}, {fault:?}: {e}"));
            assert_eq!(found, expected(), "call {call}, {fault:?}");
            assert_eq!(account.executed(), ["select 1"], "call {call}, {fault:?}");
            let waited = account.still.slept();
            assert!(
                waited < Duration::from_secs(3),
                "call {call}, {fault:?}: {waited:?}"
            );
        }
    }
}

#[test]
fn a_request_that_is_sent_again_says_so_and_has_one_id() {
    let account = account(nth(1, Fault::DropAfter));
    account
        .connect()
        .open()
        .change("insert into t select 1")
        .unwrap();
    let requests = account.server.requests();
    assert_eq!(account.calls()[..2], ["submit", "submit again"]);
    assert_eq!(
        requests[0].parameter("requestId"),
        requests[1].parameter("requestId")
    );
    // The next statement has another, though its text is the same.
    let account = self::account(never);
    let connection = account.connect();
    connection.open().change("insert into t select 1").unwrap();
    connection.open().change("insert into t select 1").unwrap();
    assert_eq!(account.executed().len(), 2);
}

#[test]
fn what_never_ends_well_is_given_up_and_the_kind_is_right() {
    let always = |fault: Fault| move |_: &Request| Some(fault.clone());
    let submits = |fault: Fault| move |r: &Request| (r.method == "POST").then(|| fault.clone());
    let connection = |account: &Account| {
        let error = account
            .connect()
            .open()
            .change("insert into t select 1")
            .unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Connection, "{error}");
        error.message
    };
    let busy = account(always(Fault::Instead(Response::new(503, "busy"))));
    assert!(connection(&busy).contains("status 503"));
    assert_eq!(busy.executed().len(), 0);
    assert!(busy.still.slept() > Duration::from_secs(500));
    // Whether it ran is unknown; the ledger says.
    let lost = account(submits(Fault::DropAfter));
    assert!(connection(&lost).contains("broke"));
    assert_eq!(lost.executed().len(), 1);
    let refused = account(always(Fault::Instead(Response::json(
        403,
        &json!({"code": "390422", "message": "IP is not allowed"}),
    ))));
    assert!(connection(&refused).contains("390422): IP is not allowed"));
    let gone = account(nth(
        2,
        Fault::Instead(Response::json(404, &json!({"code": "391918"}))),
    ));
    assert!(connection(&gone).contains("knows no such"));
    let late = account(nth(
        2,
        Fault::Instead(Response::json(408, &json!({"code": "000630"}))),
    ));
    let error = late
        .connect()
        .open()
        .change("insert into t select 1")
        .unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Exhausted);
}

#[test]
fn parts_that_are_not_whole_are_no_result() {
    for body in [
        json!({"data": []}),
        json!({"data": [["3"]]}),
        json!({"data": [["x", null]]}),
        json!({"rows": 1}),
    ] {
        let account = account(nth(5, Fault::Instead(Response::json(200, &body))));
        let error = account.connect().open().query("select 1").unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Connection);
        assert!(
            error.message.contains("cannot be understood"),
            "{body}: {error}"
        );
    }
}

#[test]
fn statements_in_one_request_are_all_there_and_the_one_that_failed_is_named() {
    let account = account(never);
    let mut session = account.connect().open();
    let texts = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    session
        .script(&texts(&[
            "begin",
            "update t\nset a = 1",
            "insert into t select 1;",
            "commit",
        ]))
        .unwrap();
    assert_eq!(
        account.executed(),
        [
            "begin",
            "update t\nset a = 1",
            "insert into t select 1",
            "commit"
        ]
    );
    assert_eq!(account.bodies().len(), 1);
    session.script(&[]).unwrap();
    let error = session
        .script(&texts(&[
            "begin",
            "update t\nset a = 1",
            "refuse this\nnow",
            "commit",
        ]))
        .unwrap_err();
    assert_eq!(
        error.message,
        "002003: SQL compilation error:\nObject 'T' does not exist or not authorized.\nin statement 3 of 4: refuse this …"
    );
    assert_eq!(account.executed().last().unwrap(), "refuse this\nnow");
    let error = session.change("locked").unwrap_err();
    assert_eq!(error.kind, EngineErrorKind::Conflict);
    // More statements than were said are not run.
    let error = session.change("drop table a; drop table b").unwrap_err();
    assert!(error.message.contains("statement count 3"), "{error}");
}

#[test]
fn a_question_without_a_session_needs_no_virtual_warehouse() {
    let account = account(never);
    let mut options = account.options();
    options.warehouse = Some("NONE".to_owned());
    let mut session = account.connect_with(options).open();
    let error = session.query("select 1").unwrap_err();
    assert!(error.message.contains("No active warehouse"), "{error}");
    assert_eq!(session.query_bare("select 1").unwrap(), expected());
}

/// A session that logs in so, and what came of it.
fn logs_in(account: &Account, login: Login) -> Result<Rows, EngineError> {
    let mut options = account.options();
    options.login = login;
    account.connect_with(options).open().query("select 1")
}

fn text(secret: &str) -> Source {
    Source::Text(Secret::new(secret))
}

fn client(account: &Account, refresh: Option<&str>, scope: Option<&str>) -> Login {
    Login::OAuthClient {
        token_url: account.server.url("/oauth/token-request"),
        client_id: "client".to_owned(),
        client_secret: Secret::new("s3cret-of-client"),
        refresh_token: refresh.map(Secret::new),
        scope: scope.map(str::to_owned),
    }
}

#[test]
fn every_way_to_log_in() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "oauth-good\n").unwrap();
    let plain = account(never);
    let inline = Login::KeyPair {
        user: "SEGC_BUILD".to_owned(),
        key: text(include_str!("../../keys/aes.p8")),
        passphrase: Some(Secret::new("throw-away")),
    };
    let given = Workload::Given {
        provider: "OIDC".to_owned(),
        token: text("attested"),
    };
    for login in [
        plain.options().login,
        inline,
        Login::AccessToken(text("pat-good")),
        Login::OAuth(text("oauth-good")),
        Login::OAuth(Source::File(file)),
        client(&plain, Some("refresh-me"), None),
        client(&plain, None, Some("session:role:SEGC")),
        Login::Workload(given),
    ] {
        let said = format!("{login:?}");
        assert!(
            !said.contains("good") && !said.contains("PRIVATE"),
            "{said}"
        );
        assert_eq!(
            logs_in(&plain, login).unwrap_or_else(|e| panic!("{said}: {e}")),
            expected()
        );
    }
    let host = plain.server.url("").replace("http://", "");
    let identity = plain.server.url("/msi/token");
    let variables = [
        ("GCE_METADATA_HOST", host.as_str()),
        ("IDENTITY_ENDPOINT", &identity),
        ("IDENTITY_HEADER", "azure-header"),
    ];
    let options = plain.options();
    for workload in [Workload::Gcp, Workload::Azure { resource: None }] {
        let mut options = options.clone();
        options.login = Login::Workload(workload);
        let connection = Snowflake::new(options, Still::new(&variables));
        assert_eq!(connection.open().query("select 1").unwrap(), expected());
    }
}

#[test]
fn who_is_not_let_in_is_told_why_and_no_secret_is_told() {
    let account = account(never);
    let key = |user: &str, key: Source| Login::KeyPair {
        user: user.to_owned(),
        key,
        passphrase: None,
    };
    for (login, words) in [
        (
            Login::AccessToken(text("pat-expired")),
            "Invalid OAuth access token",
        ),
        (Login::OAuth(text("pat-good")), "390303"),
        (Login::OAuth(text(" \n")), "the token is empty"),
        (Login::OAuth(text("two words")), "blanks"),
        (
            Login::OAuth(Source::File("/nowhere/token".into())),
            "`/nowhere/token` cannot be read",
        ),
        (
            key("other", Source::File("tests/keys/plain.p8".into())),
            "JWT token is invalid. [sub]",
        ),
        (
            key("segc_build", Source::File("tests/keys/aes.p8".into())),
            "encrypted, and there is no",
        ),
        (
            client(&account, Some("refused-token"), None),
            "invalid_grant",
        ),
    ] {
        let error = logs_in(&account, login).unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Connection);
        assert!(error.message.contains(words), "{words}: {error}");
        for secret in ["pat-expired", "pat-good", "refused-token", "s3cret"] {
            assert!(!error.message.contains(secret), "{error}");
        }
    }
    assert_eq!(account.executed().len(), 0);
    // A token that was written down is not sent a second time; a signature may be made anew.
    let submitted = account.calls().len();
    assert_eq!(submitted, 4);
}

#[test]
fn tokens_are_renewed_in_the_middle_of_a_long_job() {
    let manner = Manner {
        polls: 9,
        leap: Duration::from_secs(1200),
        ..Manner::default()
    };
    let signed = |account: &Account| {
        let requests = account.server.requests();
        let mut tokens: Vec<_> = requests
            .iter()
            .map(|r| r.header("authorization").to_owned())
            .collect();
        tokens.retain(|t| t.starts_with("Bearer"));
        tokens.dedup();
        tokens.len()
    };
    let account = Account::new(manner.clone(), answers, never);
    assert_eq!(
        account.connect().open().query("select 1").unwrap(),
        expected()
    );
    assert!(signed(&account) >= 3);
    assert_eq!(account.executed().len(), 1);
    let account = Account::new(manner, answers, never);
    assert_eq!(
        logs_in(&account, client(&account, Some("refresh-me"), None)).unwrap(),
        expected()
    );
    assert!(signed(&account) >= 8);
    // A token in a file is read again once it is refused.
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, "old").unwrap();
    let renewed = file.clone();
    let account = self::account(move |r: &Request| {
        if r.number == 1 {
            std::fs::write(&renewed, "oauth-good").unwrap();
        }
        None
    });
    assert_eq!(
        logs_in(&account, Login::OAuth(Source::File(file))).unwrap(),
        expected()
    );
}

#[test]
fn ctrl_c_cancels_the_statement_on_the_server() {
    let manner = Manner {
        polls: u32::MAX,
        ..Manner::default()
    };
    let account = Account::new(manner.clone(), answers, never);
    let connection = account.connect();
    let stop = connection.interrupter();
    // Nothing is running: nothing happens, and the next statement is none of its business.
    stop();
    let mut session = connection.open();
    let running = std::thread::spawn(move || session.change("insert into t select 1"));
    while account.server.requests().len() < 3 {
        std::thread::yield_now();
    }
    for _ in 0..3 {
        stop();
    }
    let error = running.join().unwrap().unwrap_err();
    assert!(error.message.contains("canceled"), "{error}");
    assert_eq!(account.cancelled().len(), 1);

    // Before the handle is known.
    type Stop = Box<dyn Fn() + Send + Sync>;
    let stop = Arc::new(OnceLock::<Stop>::new());
    let pressed = Arc::clone(&stop);
    let account = Account::new(manner, answers, move |r: &Request| {
        if r.number == 1 {
            pressed.get().unwrap()();
        }
        None
    });
    let connection = account.connect();
    assert!(stop.set(connection.interrupter()).is_ok());
    let error = connection
        .open()
        .change("insert into t select 1")
        .unwrap_err();
    assert!(error.message.contains("canceled"), "{error}");
    assert_eq!(account.cancelled().len(), 1);
}
