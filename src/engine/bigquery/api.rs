//! The calls of BigQuery's API: where they go, signed as whom, how often they are made.

use super::Options;
use super::auth::{Auth, Bearer};
use super::refused::Refusal;
use crate::engine::http::{Http, Method, Request, Response, Retry, TRANSIENT, encoded, query};
use crate::engine::{EngineError, EngineErrorKind};
use serde::de::IgnoredAny;
use serde_json::Value;
use std::time::Duration;

/// An answer, and how often it was asked for.
pub(super) struct Answer {
    pub(super) tries: u32,
    pub(super) response: Response,
}

/// All calls are the same however often they arrive: what a job's id is for.
const RETRY: Retry = Retry {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(32),
    total: Duration::from_secs(600),
    unreachable: 4,
    again: |response| {
        let is_json = || serde_json::from_slice::<IgnoredAny>(&response.body).is_ok();
        match response.status {
            200 => !is_json(),
            403 => Refusal::of_answer(403, response.json().as_ref()).is_transient(),
            status => TRANSIENT.contains(&status),
        }
    },
};

fn signed(request: Request, bearer: &Bearer) -> Request {
    let request = request.bearer(&bearer.token);
    match &bearer.quota_project {
        Some(project) => request.header("X-Goog-User-Project", project),
        None => request,
    }
}

/// A project's API.
pub(super) struct Api {
    pub(super) options: Options,
    pub(super) http: Http,
    auth: Auth,
}

impl Api {
    pub(super) fn new(options: Options, http: Http) -> Self {
        let auth = Auth::new(
            options.credentials.clone(),
            options.impersonate.clone(),
            options.scopes.clone(),
        );
        Self {
            options,
            http,
            auth,
        }
    }

    pub(super) fn request(&self, method: Method, path: &str, fields: &[(&str, &str)]) -> Request {
        let url = format!(
            "{}/bigquery/v2/projects/{}/{path}?{}",
            self.options.endpoint(),
            encoded(&self.options.project),
            query(&[fields, &[("prettyPrint", "false")]].concat())
        );
        Request::new(method, url, self.options.call_timeout)
    }

    /// Makes a call, as often as it takes; after a refused token with another one, once.
    pub(super) fn send(
        &self,
        stopped: &dyn Fn() -> bool,
        make: &dyn Fn() -> Request,
    ) -> Result<Answer, EngineError> {
        let mut refused: Option<Answer> = None;
        let mut token = None;
        let mut before = 0;
        loop {
            let Some(bearer) = self.auth.bearer(&self.http, token.as_ref())? else {
                return refused.ok_or_else(|| EngineError {
                    kind: EngineErrorKind::Connection,
                    message: "there is no token".to_owned(),
                });
            };
            let mut tries = 0;
            let response = self.http.call(&RETRY, stopped, &mut |n| {
                tries = n;
                signed(make(), &bearer)
            })?;
            let answer = Answer {
                tries: before + tries,
                response,
            };
            if answer.response.status != 401 || refused.is_some() {
                return Ok(answer);
            }
            // A token that is refused has had nothing done.
            before += tries - 1;
            refused = Some(answer);
            token = Some(bearer.token);
        }
    }

    /// The body of an answer that is one.
    pub(super) fn accepted(&self, answer: Answer) -> Result<Value, EngineError> {
        let said = answer.response.json();
        if answer.response.is_success() {
            return Ok(said.unwrap_or_default());
        }
        let refusal = Refusal::of_answer(answer.response.status, said.as_ref());
        Err(self.told(&refusal, &[]))
    }

    /// Makes a call once, for somebody who does not wait long; whether it was done. A page of a proxy is not BigQuery's word.
    pub(super) fn once(&self, mut request: Request, patience: Duration) -> bool {
        let Ok(Some(bearer)) = self.auth.bearer(&self.http, None) else {
            return false;
        };
        request.timeout = patience.min(request.timeout);
        let answer = self.http.once(&signed(request, &bearer));
        answer.is_ok_and(|answer| answer.is_success() && answer.json().is_some())
    }

    /// The error of a refusal.
    pub(super) fn told(&self, refusal: &Refusal, sent: &[&str]) -> EngineError {
        let error = refusal.error(sent, self.options.names_values);
        EngineError {
            message: self.http.hide(&error.message),
            ..error
        }
    }
}
