//! The HTTP ground against a server that fails in every way: each call ends in the answer or in a plain failure.

use super::Still;
use super::http::{Fault, Response, Server, never, nth};
use segc::engine::http::{HttpErrorKind, Method, Request, Retry};
use segc::secret::Secret;
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(20);

fn ask(server: &Server, timeout: Duration) -> Request {
    Request::new(Method::Post, server.url("/a%20b?x=1%262&y="), timeout)
        .form(&[("text", "ü & more")])
        .bearer(&Secret::new("tell-nobody"))
}

/// A server that counts what it does.
fn counting(faults: impl FnMut(&super::http::Request) -> Option<Fault> + Send + 'static) -> Server {
    let mut done = 0;
    Server::new(
        move |_| {
            done += 1;
            Response::new(200, format!("done {done} times"))
        },
        faults,
    )
}

#[test]
fn a_request_arrives_as_it_was_made() {
    let server = counting(never);
    let still = Still::new(&[]);
    let response = still.client().once(&ask(&server, LONG)).unwrap();
    assert_eq!((response.status, response.is_success()), (200, true));
    assert_eq!(response.body, b"done 1 times");
    let seen = &server.requests()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/a b"));
    assert_eq!(seen.parameter("x"), Some("1&2"));
    assert_eq!(seen.parameter("y"), Some(""));
    assert_eq!(seen.form(), [("text".to_owned(), "ü & more".to_owned())]);
    assert_eq!(seen.header("authorization"), "Bearer tell-nobody");
    assert!(seen.header("user-agent").starts_with("segc/"));
    assert!(seen.header("accept-encoding").contains("gzip"));
}

#[test]
fn every_fault_of_one_request_ends_in_the_answer() {
    let busy = |status| Fault::Instead(Response::new(status, "").header("Retry-After", "7"));
    for (fault, done, seconds) in [
        (Fault::DropBefore, 1, 0.5),
        (Fault::DropAfter, 2, 0.5),
        (busy(429), 1, 7.0),
        (busy(500), 1, 7.0),
        (busy(503), 1, 7.0),
        (Fault::Truncate, 2, 0.5),
        (Fault::Delay, 2, 0.5),
        (Fault::Twice, 2, 0.0),
    ] {
        let timeout = if matches!(fault, Fault::Delay) {
            SHORT
        } else {
            LONG
        };
        let server = counting(nth(1, fault.clone()));
        let still = Still::new(&[]);
        let answer = still
            .client()
            .call(&Retry::default(), &|| false, &mut |_| ask(&server, timeout));
        let answer = answer.unwrap_or_else(|e| panic!("{fault:?}: {e}"));
        assert_eq!(
            String::from_utf8(answer.body).unwrap(),
            format!("done {done} times"),
            "{fault:?}"
        );
        assert_eq!(still.slept().as_secs_f64(), seconds, "{fault:?}");
    }
}

#[test]
fn a_server_that_always_fails_is_left_when_the_time_is_over() {
    let server = counting(|_| Some(Fault::Instead(Response::new(503, "busy"))));
    let still = Still::new(&[]);
    let mut numbers = Vec::new();
    let answer = still
        .client()
        .call(&Retry::default(), &|| false, &mut |number| {
            numbers.push(number);
            ask(&server, LONG)
        });
    assert_eq!(answer.unwrap().status, 503);
    assert!(still.slept() <= Duration::from_secs(600));
    assert!(still.slept() > Duration::from_secs(580));
    assert_eq!(
        numbers,
        (1..=server.requests().len() as u32).collect::<Vec<_>>()
    );
}

#[test]
fn failures_are_told_apart_and_tell_no_secret() {
    let still = Still::new(&[]);
    let client = still.client();
    let lost = counting(|_| Some(Fault::DropBefore));
    let retry = Retry {
        total: Duration::from_secs(10),
        ..Retry::default()
    };
    let error = client
        .call(&retry, &|| false, &mut |_| ask(&lost, LONG))
        .err()
        .unwrap();
    assert_eq!(error.kind, HttpErrorKind::Lost);
    assert!(lost.requests().len() > 3);

    // Nobody listens where a server was.
    let gone = counting(never);
    let request = ask(&gone, LONG);
    drop(gone);
    let mut tries = 0;
    let error = client
        .call(&Retry::default(), &|| false, &mut |number| {
            tries = number;
            request.clone()
        })
        .err()
        .unwrap();
    assert_eq!(error.kind, HttpErrorKind::Unreachable);
    assert_eq!(error.message, "`127.0.0.1` refuses the connection");
    assert_eq!(tries, 4);

    // No HTTP at all, and no TLS.
    for url in ["no address at all", "nothing://127.0.0.1/", "/x"] {
        let error = client
            .once(&Request::new(Method::Get, url, LONG))
            .err()
            .unwrap();
        assert_eq!(error.kind, HttpErrorKind::Refused, "{url}: {error}");
    }
    let header =
        Request::new(Method::Get, lost.url("/"), LONG).bearer(&Secret::new("two\nlines-x"));
    let error = client.once(&header).err().unwrap();
    assert_eq!(error.kind, HttpErrorKind::Refused);
    assert!(!error.message.contains("lines-x"), "{error}");
    let plain = lost.url("/").replace("http:", "https:");
    let error = client.once(&Request::new(Method::Get, plain, SHORT));
    assert!(error.is_err());

    client.learn(&Secret::new("tell-nobody"));
    assert_eq!(client.hide("was tell-nobody"), "was «secret»");
}

#[test]
fn nobody_waits_who_has_stopped() {
    let server = counting(|_| Some(Fault::Instead(Response::new(503, "busy"))));
    let still = Still::new(&[]);
    let answer = still
        .client()
        .call(&Retry::default(), &|| true, &mut |_| ask(&server, LONG));
    assert_eq!(answer.unwrap().status, 503);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(still.slept(), Duration::ZERO);
    // A wait is in short steps, each of which may be the last.
    let stopped = std::cell::Cell::new(0);
    still.client().pause(Duration::from_secs(9), &|| {
        stopped.set(stopped.get() + 1);
        stopped.get() > 3
    });
    assert_eq!(still.waits(), [Duration::from_millis(200); 3]);
}

#[test]
fn nothing_is_redirected_and_bodies_are_read_as_they_are_packed() {
    use base64::Engine as _;
    // `gzip -n` of "compressed".
    let packed = "H4sIAAAAAAAAA0vOzy0oSi0uTk0BAB5LVpcKAAAA";
    let server = Server::new(
        move |request| match request.path.as_str() {
            "/echo" => Response::json(201, &request.json()),
            "/moved" => Response::new(302, "").header("Location", "http://127.0.0.1:1/"),
            _ => {
                let bytes = base64::prelude::BASE64_STANDARD.decode(packed).unwrap();
                Response::new(200, bytes).header("Content-Encoding", "gzip")
            }
        },
        never,
    );
    let client = Still::new(&[]).client();
    let get = |path| client.once(&Request::new(Method::Get, server.url(path), LONG));
    assert_eq!(get("/moved").unwrap().status, 302);
    assert_eq!(get("/").unwrap().body, b"compressed");
    let said = serde_json::json!({"a": ["ü", 1.5, null]});
    let request = Request::new(Method::Put, server.url("/echo"), LONG).json(&said);
    let answer = client.once(&request).unwrap();
    assert_eq!((answer.status, answer.json()), (201, Some(said)));
    assert_eq!(get("/").unwrap().json(), None);
}
