//! Every way to say who one is, against a double that verifies it: signatures, audiences, headers, lifetimes. Each one ends in a
//! query that was answered, and nothing that is a secret is ever said.

use super::Still;
use super::bigquery::{BigQuery, Outcome};
use super::http::{Fault, Response, never};
use segc::engine::bigquery::{self as client, CALL, Credentials, Options};
use segc::engine::surroundings::Surroundings;
use segc::engine::{EngineError, EngineErrorKind, Rows};
use segc::secret::Secret;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const KEY: &str = include_str!("../../keys/plain.p8");

/// A double, and what is asked of it.
struct World {
    double: BigQuery,
    still: Arc<Still>,
    impersonate: Option<&'static str>,
    folder: tempfile::TempDir,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let mut all = vec![("HOME", home.as_str())];
        all.extend(variables);
        let still = Still::new(&all);
        let does = |_: &str| Outcome::Rows(json!([]), Vec::new());
        Self {
            double: BigQuery::new(&still, does, never),
            still,
            impersonate: None,
            folder,
        }
    }

    fn url(&self, path: &str) -> String {
        self.double.server.url(path)
    }

    fn query(&self, credentials: Credentials) -> Result<Rows, EngineError> {
        let options = Options {
            project: "shop".to_owned(),
            location: Some("EU".to_owned()),
            credentials,
            impersonate: self.impersonate.map(str::to_owned),
            scopes: vec!["a".to_owned(), "b".to_owned()],
            maximum_bytes_billed: None,
            job_timeout: None,
            is_batch: false,
            labels: Vec::new(),
            api_endpoint: Some(self.url("")),
            call_timeout: CALL,
            run: "r".to_owned(),
            names_values: false,
        };
        let surroundings = Arc::clone(&self.still) as Arc<dyn Surroundings>;
        let mut connect = client::connector(options, surroundings);
        connect()?.query("select 1")
    }

    /// Answered, and to whom tokens were given for that.
    fn given(&self, credentials: Credentials) -> Vec<String> {
        assert_eq!(self.query(credentials), Ok(Rows::default()));
        std::mem::take(&mut self.double.state.lock().unwrap().google.given)
    }

    /// Refused, and the words.
    fn refused(&self, credentials: Credentials) -> String {
        let error = self.query(credentials).unwrap_err();
        assert_eq!(error.kind, EngineErrorKind::Connection, "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
        assert!(!error.message.contains("PRIVATE"), "{error}");
        error.message
    }

    fn service_account(&self) -> Json {
        json!({"type": "service_account", "client_email": "sa@shop", "private_key": KEY, "private_key_id": "1",
            "token_uri": self.url("/token")})
    }

    fn user(&self) -> Json {
        json!({"type": "authorized_user", "client_id": "id", "client_secret": "client-hunter2",
            "refresh_token": "refresh-hunter2", "token_uri": self.url("/token")})
    }

    fn external(&self, source: &Json) -> Json {
        json!({"type": "external_account", "audience": "//iam/pools/p", "token_url": self.url("/sts"),
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": source})
    }

    fn account(&self, email: &str) -> String {
        self.url(&format!(
            "/v1/projects/-/serviceAccounts/{email}:generateAccessToken"
        ))
    }

    /// A file in the folder of this world.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn json_of(value: &Json) -> Credentials {
    Credentials::Json(Secret::new(value.to_string()))
}

#[test]
fn a_service_account_signs_who_it_is() {
    let world = World::new(&[]);
    let mut key = world.service_account();
    assert_eq!(world.given(json_of(&key)), ["sa@shop for a b"]);
    // Line breaks that a variable has made two characters of.
    key["private_key"] = KEY.replace('\n', "\\n").into();
    assert_eq!(world.given(json_of(&key)), ["sa@shop for a b"]);
    // In a file.
    let path = world.file("key.json", &key.to_string());
    assert_eq!(
        world.given(Credentials::File(path.into())),
        ["sa@shop for a b"]
    );
    // In another cloud the statement itself is the token.
    key["universe_domain"] = "cloud.example".into();
    assert_eq!(world.given(json_of(&key)), [""; 0]);
}

#[test]
fn a_login_gives_a_refresh_token() {
    let world = World::new(&[]);
    let mut user = world.user();
    user["quota_project_id"] = "payer".into();
    assert_eq!(world.given(json_of(&user)), ["user"]);
    let last = world.double.server.requests().pop().unwrap();
    assert_eq!(last.header("x-goog-user-project"), "payer");
    let workforce = json!({"type": "external_account_authorized_user", "client_id": "id",
        "client_secret": "client-hunter2", "refresh_token": "refresh-hunter2", "token_url": world.url("/token")});
    assert_eq!(world.given(json_of(&workforce)), ["user"]);
    user["refresh_token"] = "revoked-hunter2".into();
    let words = world.refused(json_of(&user));
    assert!(
        words.ends_with("status 400: invalid_grant: Token has been expired or revoked."),
        "{words}"
    );
}

#[test]
fn the_default_is_looked_for_where_google_looks() {
    // 1. What the variable names.
    let world = World::new(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")]);
    let words = world.refused(Credentials::Default);
    assert!(
        words.contains("`/nowhere/key.json` cannot be read"),
        "{words}"
    );
    let key = world.file("named.json", &world.service_account().to_string());
    let world = World {
        still: Still::new(&[("GOOGLE_APPLICATION_CREDENTIALS", &key)]),
        ..world
    };
    assert_eq!(world.given(Credentials::Default), ["sa@shop for a b"]);
    // 2. What gcloud has left, in its own folder or in another.
    let world = World::new(&[]);
    let name = "application_default_credentials.json";
    let user = world.user().to_string();
    world.file(&format!(".config/gcloud/{name}"), &user);
    assert_eq!(world.given(Credentials::Default), ["user"]);
    let path = world.file(&format!("elsewhere/{name}"), &user);
    let folder = path.strip_suffix(name).unwrap();
    let world = World {
        still: Still::new(&[("CLOUDSDK_CONFIG", folder), ("HOME", "/nowhere")]),
        ..world
    };
    assert_eq!(world.given(Credentials::Default), ["user"]);
    // 3. The machine.
    let world = World::new(&[]);
    let host = world.url("").replace("http://", "");
    let machine = Still::new(&[("GCE_METADATA_HOST", &host)]);
    let world = World {
        still: machine,
        ..world
    };
    assert_eq!(world.given(Credentials::Default), ["machine for a,b"]);
    // 4. Nothing.
    let world = World::new(&[("GCE_METADATA_HOST", "127.0.0.1:1")]);
    let words = world.refused(Credentials::Default);
    assert!(words.starts_with("there are no credentials: "), "{words}");
}

#[test]
fn a_workload_says_what_its_platform_says() {
    let world = World::new(&[]);
    let text = world.file("subject", "subject-hunter2\n");
    let field = world.file("subject.json", &json!({"t": "subject-hunter2"}).to_string());
    let format = json!({"type": "json", "subject_token_field_name": "t"});
    let url = json!({"url": world.url("/subject"), "headers": {"x-who": "workload"},
        "format": {"type": "json", "subject_token_field_name": "value"}});
    for source in [
        json!({ "file": text }),
        json!({"file": field, "format": format}),
        url,
    ] {
        let external = world.external(&source);
        assert_eq!(
            world.given(json_of(&external)),
            ["workload for a b"],
            "{source}"
        );
    }
    // And becomes a service account, for a time of its own.
    let mut external = world.external(&json!({ "file": text }));
    external["service_account_impersonation_url"] = world.account("sa@shop").into();
    external["service_account_impersonation"] = json!({"token_lifetime_seconds": 900});
    let cloud = "https://www.googleapis.com/auth/cloud-platform";
    assert_eq!(
        world.given(json_of(&external)),
        [
            format!("workload for {cloud}"),
            format!("sa@shop by workload for {cloud} through [] for \"900s\" s of [\"a\",\"b\"]"),
        ]
    );
    // A workforce, and who pays for it.
    let mut external = world.external(&json!({ "file": text }));
    external["workforce_pool_user_project"] = "payer".into();
    assert_eq!(
        world.given(json_of(&external)),
        ["workload for a b{\"userProject\":\"payer\"}"]
    );
    let wrong = world.file("wrong", "wrong-hunter2");
    let words = world.refused(json_of(&world.external(&json!({ "file": wrong }))));
    assert!(words.contains("The subject token is not known."), "{words}");
    for (source, words) in [
        (
            json!({}),
            "no `file`, `url`, `executable` or `environment_id`",
        ),
        (json!({"file": "/nowhere/x"}), "`/nowhere/x` cannot be read"),
        (
            json!({"file": text, "format": {"type": "xml"}}),
            "the format `xml` is none",
        ),
        (json!({"file": text, "format": format}), "is no JSON"),
        (json!({"environment_id": "aws2"}), "`aws2` is not known"),
    ] {
        let said = world.refused(json_of(&world.external(&source)));
        assert!(said.contains(words), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_program_says_who_a_workload_is_if_that_is_allowed() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new(&[]);
    let program = |name: &str, script: &str| {
        let path = world.file(name, &format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let says = r#"{"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:id_token", "id_token": "subject-hunter2"}"#;
    let told = program(
        "told",
        &format!(
            "test \"$1 $GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE $GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE\" = 'x //iam/pools/p 0' && echo '{says}'"
        ),
    );
    let external = |command: &str| {
        let source = json!({"executable": {"command": command, "timeout_millis": 5000}});
        json_of(&world.external(&source))
    };
    let words = world.refused(external(&format!("{told} x")));
    assert!(
        words.contains("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1"),
        "{words}"
    );
    let failed = program(
        "failed",
        r#"echo '{"version": 1, "success": false, "code": "401", "message": "log in first"}'"#,
    );
    let old = program("old", r#"echo '{"version": 2, "success": true}'"#);
    let expired = program(
        "expired",
        r#"echo '{"version": 1, "success": true, "expiration_time": 1, "token_type": "urn:ietf:params:oauth:token-type:jwt", "id_token": "hunter2"}'"#,
    );
    let crashed = program("crashed", "exit 3");
    let silent = program("silent", "true");
    let kept = world.file(
        "kept.json",
        &says.replace("true", "true, \"expiration_time\": 4000000000"),
    );
    let commands = [
        (format!("{told} x"), None),
        (failed, Some("failed: 401: log in first")),
        (old, Some("another version than 1")),
        (expired, Some("has expired")),
        (crashed, Some("crashed` failed")),
        (silent.clone(), Some("did not say JSON")),
        ("/nowhere/program".to_owned(), Some("cannot be run")),
    ]
    .map(|(command, words)| (external(&command), words));
    let with_output = json!({"executable": {"command": silent, "output_file": kept}});
    let with_output = json_of(&world.external(&with_output));
    let world = World {
        still: Still::new(&[("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1")]),
        ..world
    };
    for (credentials, words) in commands {
        match words {
            None => assert_eq!(world.given(credentials), ["workload for a b"]),
            Some(words) => {
                let said = world.refused(credentials);
                assert!(said.contains(words), "{said}");
            }
        }
    }
    // What it has left in its file is good still: it is not run.
    assert_eq!(world.given(with_output), ["workload for a b"]);
}

#[test]
fn a_machine_of_amazons_signs_who_it_is() {
    let world = World::new(&[]);
    let source = json!({"environment_id": "aws1", "region_url": world.url("/imds/region"),
        "url": world.url("/imds/role"), "imdsv2_session_token_url": world.url("/imds/token"),
        "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15"});
    let mut external = world.external(&source);
    external["subject_token_type"] = "urn:ietf:params:aws:token-type:aws4_request".into();
    let credentials = json_of(&external);
    assert_eq!(
        world.given(credentials.clone()),
        ["AKID/20261122/eu-west-1/sts/aws4_request at sts.eu-west-1.amazonaws.com for a b"]
    );
    let world = World {
        still: Still::new(&[
            ("AWS_REGION", "us-east-2"),
            ("AWS_ACCESS_KEY_ID", "OTHER"),
            ("AWS_SECRET_ACCESS_KEY", "aws-hunter2"),
            ("AWS_SESSION_TOKEN", "session-hunter2"),
        ]),
        ..world
    };
    assert_eq!(
        world.given(credentials),
        ["OTHER/20261122/us-east-2/sts/aws4_request at sts.us-east-2.amazonaws.com for a b"]
    );
}

#[test]
fn one_may_become_a_service_account_through_others() {
    let world = World::new(&[]);
    let cloud = "https://www.googleapis.com/auth/cloud-platform";
    let chain = json!({"type": "impersonated_service_account", "delegates": ["b@shop"],
        "service_account_impersonation_url": world.account("a@shop"), "source_credentials": world.service_account()});
    let first = format!("sa@shop for {cloud}");
    let then = format!("a@shop by {first} through [\"b@shop\"] for \"3600s\" s of ");
    assert_eq!(
        world.given(json_of(&chain)),
        [first.clone(), format!("{then}[\"a\",\"b\"]")]
    );
    // As dbt has it: a setting beside any credentials, these too.
    let base = world.url("/");
    let world = World {
        still: Still::new(&[("CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS", &base)]),
        impersonate: Some("c@shop"),
        ..world
    };
    let second = format!("{then}[\"{cloud}\"]");
    assert_eq!(
        world.given(json_of(&chain)),
        [
            first,
            second.clone(),
            format!("c@shop by {second} through [] for \"3600s\" s of [\"a\",\"b\"]"),
        ]
    );
    let world = World {
        impersonate: Some("nobody@x"),
        ..world
    };
    let words = world.refused(json_of(&world.user()));
    assert_eq!(
        words,
        "no token for the service account `nobody@x`: status 403: Permission 'iam.serviceAccounts.getAccessToken' denied"
    );
}

#[test]
fn a_ready_token_is_used_as_it_is() {
    let world = World::new(&[]);
    let token = world.double.state.lock().unwrap().google.give("somebody");
    let credentials = Credentials::Token(Secret::new(token));
    assert_eq!(world.given(credentials), ["somebody"]);
    assert_eq!(world.double.server.requests().len(), 3);
}

#[test]
fn credentials_that_are_none_are_told_by_what_they_lack() {
    let world = World::new(&[]);
    let text = |text: &str| Credentials::Json(Secret::new(text));
    for (credentials, words) in [
        (text("hunter2"), "this is no JSON"),
        (text("{}"), "they have no `type`"),
        (
            text(r#"{"type": "gdch_service_account"}"#),
            "their type is `gdch_service_account`",
        ),
        (
            text(r#"{"type": "service_account", "client_email": "a"}"#),
            "they have no `private_key`",
        ),
        (
            text(
                r#"{"type": "service_account", "client_email": "a", "private_key": "-----BEGIN PRIVATE KEY-----\nhunter2!\n"}"#,
            ),
            "the private key is not PEM",
        ),
        (
            text(
                r#"{"type": "service_account", "client_email": "a", "private_key": "aHVudGVyMg=="}"#,
            ),
            "this is no private RSA key",
        ),
        (
            text(
                r#"{"type": "authorized_user", "client_id": "a", "client_secret": "", "refresh_token": "hunter2"}"#,
            ),
            "they have no `client_secret`",
        ),
    ] {
        let said = world.refused(credentials);
        assert!(said.contains(words), "{said}");
    }
    // Secrets go nowhere where somebody could read them on the way.
    let mut user = world.user();
    user["token_uri"] = "http://tokens.example/token".into();
    let said = world.refused(json_of(&user));
    assert!(said.contains("the address is not `https`"), "{said}");
}

#[test]
fn whoever_gives_tokens_may_be_in_trouble_for_a_minute() {
    for (fault, number) in [
        (Fault::DropBefore, 1),
        (Fault::DropAfter, 1),
        (Fault::Truncate, 1),
        (Fault::Instead(Response::new(503, "")), 1),
        (Fault::Instead(Response::new(429, "")), 1),
    ] {
        let still = Still::new(&[]);
        let does = |_: &str| Outcome::Rows(json!([]), Vec::new());
        let world = World {
            double: BigQuery::new(&still, does, super::http::nth(number, fault)),
            still,
            ..World::new(&[])
        };
        let key = json_of(&world.service_account());
        assert_eq!(world.given(key).last().unwrap(), "sa@shop for a b");
    }
    let still = Still::new(&[]);
    let does = |_: &str| Outcome::Rows(json!([]), Vec::new());
    let world = World {
        double: BigQuery::new(&still, does, |_| {
            Some(Fault::Instead(Response::new(503, "")))
        }),
        still,
        ..World::new(&[])
    };
    let words = world.refused(json_of(&world.service_account()));
    assert_eq!(words, "no token for `sa@shop`: status 503");
    assert!(world.still.slept().as_secs() <= 60);
}
