//! The HTTP ground of the warehouses that are reached over a network: one blocking agent, requests and answers as data, and
//! [retries](Retry). The only file that names `ureq`.
//!
//! Certificates are verified as the system does; nothing is redirected, so that no token goes to another server. What is said
//! of a failure names the server and never what was sent; [`Http::hide`] takes the known secrets out of any other text.

mod retry;

pub use retry::{Retry, TRANSIENT};

use super::surroundings::Surroundings;
use super::{EngineError, EngineErrorKind};
use crate::secret::{Secret, Secrets};
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::http;
use ureq::tls::{RootCerts, TlsConfig};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The longest answer that is read: a page of results is some 20 MB at most.
const LONGEST: u64 = 512 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

/// One call. It cannot be printed: its headers, its address and its body may hold secrets.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// From the connection to the last byte of the answer.
    pub timeout: Duration,
}

impl Request {
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>, timeout: Duration) -> Self {
        Self {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout,
        }
    }

    /// Whether nobody on the way can read it.
    #[must_use]
    pub fn is_private(&self) -> bool {
        let uri: Option<http::Uri> = self.url.parse().ok();
        self.url.starts_with("https://") || uri.is_some_and(|uri| uri.host().is_some_and(is_near))
    }

    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        self.header("Authorization", format!("Bearer {}", token.reveal()))
    }

    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.header("Content-Type", "application/json")
    }

    /// As a form: `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = query(fields).into_bytes();
        self.header("Content-Type", "application/x-www-form-urlencoded")
    }
}

/// `a=1&b=x%20y`.
#[must_use]
pub fn query(fields: &[(&str, &str)]) -> String {
    let fields = fields
        .iter()
        .map(|(k, v)| format!("{}={}", encoded(k), encoded(v)));
    fields.collect::<Vec<_>>().join("&")
}

/// A text as a part of an address: everything but letters, digits and `-._~` as `%XX`.
#[must_use]
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// What a server answered, whatever the status. It cannot be printed: it may be a token or rows of people.
#[derive(Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// A header, whose name's case does not matter.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(k, _)| k.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if it is.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A call that has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    pub kind: HttpErrorKind,
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpErrorKind {
    /// It cannot be made at all: no address, a certificate that is not trusted.
    Refused,
    /// There was no connection: the server has not got it.
    Unreachable,
    /// The answer did not come, or not whole: whether the server did it is unknown.
    Lost,
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for HttpError {}

impl From<HttpError> for EngineError {
    fn from(error: HttpError) -> Self {
        Self {
            kind: EngineErrorKind::Connection,
            message: error.message,
        }
    }
}

/// A client of HTTP servers, for any thread.
pub struct Http {
    agent: ureq::Agent,
    surroundings: Arc<dyn Surroundings>,
    secrets: Mutex<Secrets>,
}

impl Http {
    #[must_use]
    pub fn new(surroundings: Arc<dyn Surroundings>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("segc/", env!("CARGO_PKG_VERSION")))
            .tls_config(
                TlsConfig::builder()
                    .root_certs(RootCerts::PlatformVerifier)
                    .build(),
            )
            .build();
        Self {
            agent: config.new_agent(),
            surroundings,
            secrets: Mutex::default(),
        }
    }

    #[must_use]
    pub fn surroundings(&self) -> &dyn Surroundings {
        self.surroundings.as_ref()
    }

    /// From now on [`hide`](Self::hide) takes this out.
    pub fn learn(&self, secret: &Secret) {
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.add(secret.clone());
    }

    /// A text of a server without the secrets that are known.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.hide(text)
    }

    /// Makes a call, again and again as the policy has it; `make` is given the number of the try, from 1. Where the tries end
    /// without an answer that is one, the last answer is given or the last failure. `stopped` ends them before the next wait.
    ///
    /// # Errors
    /// There was no answer.
    pub fn call(
        &self,
        retry: &Retry,
        stopped: &dyn Fn() -> bool,
        make: &mut dyn FnMut(u32) -> Request,
    ) -> Result<Response, HttpError> {
        let began = self.surroundings.elapsed();
        let mut tries = 0;
        loop {
            tries += 1;
            let came = self.once(&make(tries));
            let spent = self.surroundings.elapsed().saturating_sub(began);
            let (now, chance) = (self.surroundings.now(), self.surroundings.chance());
            match retry.wait(tries, &came, spent, now, chance) {
                Some(wait) if !stopped() => self.pause(wait, stopped),
                Some(_) | None => return came,
            }
        }
    }

    /// Waits, in steps short enough for somebody who has stopped it.
    pub fn pause(&self, time: Duration, stopped: &dyn Fn() -> bool) {
        const STEP: Duration = Duration::from_millis(200);
        let mut left = time;
        while !left.is_zero() && !stopped() {
            let step = left.min(STEP);
            self.surroundings.sleep(step);
            left = left.saturating_sub(step);
        }
    }

    /// Makes a call once.
    ///
    /// # Errors
    /// There was no answer, or not a whole one.
    pub fn once(&self, request: &Request) -> Result<Response, HttpError> {
        let uri: http::Uri = request.url.parse().map_err(|_| HttpError {
            kind: HttpErrorKind::Refused,
            message: "the address of the server is none".to_owned(),
        })?;
        let host = uri.host().unwrap_or_default().to_owned();
        self.exchange(uri, request)
            .map_err(|error| failure(&host, request.timeout, &error))
    }

    fn exchange(&self, uri: http::Uri, request: &Request) -> Result<Response, ureq::Error> {
        let near = uri.host().is_some_and(is_near);
        let mut builder = http::Request::builder()
            .uri(uri)
            .method(match request.method {
                Method::Get => http::Method::GET,
                Method::Post => http::Method::POST,
                Method::Put => http::Method::PUT,
                Method::Delete => http::Method::DELETE,
            });
        for (name, value) in &request.headers {
            builder = builder.header(name, value);
        }
        let built = if matches!(request.method, Method::Post | Method::Put) {
            builder.body(request.body.as_slice())
        } else {
            // A GET with a body of no length is no GET for some servers.
            return self.run(builder.body(())?, near, request.timeout);
        };
        self.run(built?, near, request.timeout)
    }

    fn run(
        &self,
        request: http::Request<impl ureq::AsSendBody>,
        near: bool,
        timeout: Duration,
    ) -> Result<Response, ureq::Error> {
        let config = self
            .agent
            .configure_request(request)
            .timeout_global(Some(timeout));
        let config = if near { config.proxy(None) } else { config };
        let mut response = self.agent.run(config.build())?;
        let headers = response.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Ok(Response {
            status: response.status().as_u16(),
            headers: headers.collect(),
            body: response
                .body_mut()
                .with_config()
                .limit(LONGEST)
                .read_to_vec()?,
        })
    }
}

/// Whether a server is on this machine or beside it (the metadata server): no proxy leads there, and nobody listens on the way.
fn is_near(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unicast_link_local(),
        Err(_) => host == "localhost" || host == "metadata.google.internal",
    }
}

/// Which failure this is, in words that hold nothing of what was sent.
fn failure(host: &str, timeout: Duration, error: &ureq::Error) -> HttpError {
    use std::io::ErrorKind as Io;
    let lost = |said: String| (HttpErrorKind::Lost, said);
    let (kind, message) = match error {
        ureq::Error::HostNotFound => (
            HttpErrorKind::Unreachable,
            format!("the name `{host}` leads to no server"),
        ),
        ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => (
            HttpErrorKind::Unreachable,
            format!("`{host}` did not take the connection in time"),
        ),
        ureq::Error::Io(e) if e.kind() == Io::ConnectionRefused => (
            HttpErrorKind::Unreachable,
            format!("`{host}` refuses the connection"),
        ),
        ureq::Error::Io(e) if matches!(e.kind(), Io::HostUnreachable | Io::NetworkUnreachable) => (
            HttpErrorKind::Unreachable,
            format!("there is no way to `{host}`"),
        ),
        ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => (
            HttpErrorKind::Unreachable,
            format!("there is no connection with `{host}`"),
        ),
        ureq::Error::Timeout(_) => lost(format!(
            "`{host}` did not answer within {} s",
            timeout.as_secs_f64()
        )),
        ureq::Error::Io(e) if is_of_tls(e) => (
            HttpErrorKind::Refused,
            format!("the certificate of `{host}` is not trusted: {e}"),
        ),
        ureq::Error::Rustls(e) => (
            HttpErrorKind::Refused,
            format!("no safe connection with `{host}`: {e}"),
        ),
        ureq::Error::Tls(said) => (
            HttpErrorKind::Refused,
            format!("no safe connection with `{host}`: {said}"),
        ),
        ureq::Error::Http(_) | ureq::Error::BadUri(_) | ureq::Error::InvalidProxyUrl => (
            HttpErrorKind::Refused,
            format!(
                "no request can be made for `{host}`: a setting has characters that no header or address can have"
            ),
        ),
        ureq::Error::Io(e) => lost(format!("the connection with `{host}` broke: {}", e.kind())),
        ureq::Error::BodyExceedsLimit(_) => (
            HttpErrorKind::Refused,
            format!("an answer of `{host}` is longer than {LONGEST} bytes"),
        ),
        ureq::Error::StatusCode(_)
        | ureq::Error::Protocol(_)
        | ureq::Error::RedirectFailed
        | ureq::Error::TooManyRedirects
        | ureq::Error::Pem(_)
        | ureq::Error::RequireHttpsOnly(_)
        | ureq::Error::LargeResponseHeader(..)
        | ureq::Error::Decompress(..)
        | ureq::Error::Json(_)
        | ureq::Error::TlsRequired
        | ureq::Error::Other(_)
        | _ => lost(format!("the answer of `{host}` did not come whole")),
    };
    HttpError { kind, message }
}

/// Whether a failure of the connection is one of its safety.
fn is_of_tls(error: &std::io::Error) -> bool {
    let source = error.get_ref();
    error.kind() == std::io::ErrorKind::InvalidData
        && source.is_some_and(|e| e.to_string().contains("certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_parts_of_addresses() {
        assert_eq!(encoded("a b/ü~"), "a%20b%2F%C3%BC~");
        assert_eq!(query(&[("a", "1&2"), ("b", "")]), "a=1%262&b=");
    }

    #[test]
    fn what_is_beside_this_machine_is_reached_without_a_proxy() {
        for near in ["127.0.0.1", "localhost", "[::1]", "169.254.169.254"] {
            assert!(is_near(near), "{near}");
        }
        for far in ["bigquery.googleapis.com", "10.0.0.1", "localhost.example"] {
            assert!(!is_near(far), "{far}");
        }
    }
}
