//! A double of BigQuery's jobs: ids that are taken once, jobs that run for some looks, results in pages, dry runs, the limit of
//! bytes, cancellation. What statements do is a closure's; the double counts how often each one was run.

use super::Still;
use super::google::Google;
use super::http::{Fault, Request, Response, Server};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What a query reads.
const BYTES: u64 = 10_485_760;
pub(crate) const LOCATION: &str = "EU";

/// What a statement comes to.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Columns as the schema has them, and rows of texts or null.
    Rows(Json, Vec<Vec<Json>>),
    Changed(u64),
    /// A job that fails, and how many of its statements were begun.
    Failed {
        reason: &'static str,
        message: String,
        begun: u32,
    },
    /// A request that is refused: no job is made.
    Refused(&'static str, String),
}

pub(crate) struct Job {
    pub(crate) sql: String,
    pub(crate) resource: Json,
    /// How often it is looked at before it is done.
    looks: u32,
    outcome: Outcome,
}

type Does = Box<dyn FnMut(&str) -> Outcome + Send>;

pub(crate) struct State {
    pub(crate) google: Google,
    /// By id.
    pub(crate) jobs: BTreeMap<String, Job>,
    /// In the order of their making.
    pub(crate) ids: Vec<String>,
    /// How often each text was run.
    pub(crate) runs: BTreeMap<String, u32>,
    pub(crate) page: usize,
    pub(crate) cancelled: Vec<String>,
    /// Requests that were on the way for long, and before which one they arrive.
    pub(crate) late: Arc<Mutex<Vec<(usize, Request)>>>,
    /// How often a statement was begun while another one was running.
    pub(crate) overlaps: u32,
    does: Does,
}

/// A running double.
pub(crate) struct BigQuery {
    pub(crate) server: Server,
    pub(crate) state: Arc<Mutex<State>>,
}

impl BigQuery {
    pub(crate) fn new(
        still: &Arc<Still>,
        does: impl FnMut(&str) -> Outcome + Send + 'static,
        faults: impl FnMut(&Request) -> Option<Fault> + Send + 'static,
    ) -> Self {
        let state = Arc::new(Mutex::new(State {
            google: Google::new(still),
            jobs: BTreeMap::new(),
            ids: Vec::new(),
            runs: BTreeMap::new(),
            page: 2,
            cancelled: Vec::new(),
            late: Arc::default(),
            overlaps: 0,
            does: Box::new(does),
        }));
        let shared = Arc::clone(&state);
        let server = Server::new(
            move |request| shared.lock().unwrap().answer(request),
            faults,
        );
        Self { server, state }
    }

    /// How often a text was run.
    pub(crate) fn runs(&self, sql: &str) -> u32 {
        let state = self.state.lock().unwrap();
        state.runs.get(sql).copied().unwrap_or(0)
    }
}

pub(crate) fn error(status: u16, reason: &str, message: &str) -> Response {
    Response::json(
        status,
        &json!({"error": {"code": status, "message": message,
            "errors": [{"message": message, "domain": "global", "reason": reason}]}}),
    )
}

impl State {
    pub(crate) fn answer(&mut self, request: &Request) -> Response {
        let arrived: Vec<_> = {
            let mut late = self.late.lock().unwrap();
            late.extract_if(.., |(before, _)| *before <= request.number)
                .collect()
        };
        for (_, late) in arrived {
            self.answer_one(&late);
        }
        self.answer_one(request)
    }

    fn answer_one(&mut self, request: &Request) -> Response {
        if let Some(answer) = self.google.answer(request) {
            return answer;
        }
        if self.google.who(request).is_none() {
            return error(
                401,
                "authError",
                "Request had invalid authentication credentials.",
            );
        }
        let Some(path) = request.path.strip_prefix("/bigquery/v2/projects/shop/") else {
            return error(404, "notFound", "Not found: this path");
        };
        let parts: Vec<&str> = path.split('/').collect();
        match (request.method.as_str(), parts.as_slice()) {
            ("POST", ["jobs"]) => self.insert(&request.json()),
            ("GET", ["jobs", id]) => self.look(id),
            ("GET", ["queries", id]) => self.results(id, request),
            ("POST", ["jobs", id, "cancel"]) => self.cancel(id),
            _ => error(404, "notFound", "Not found: this path"),
        }
    }

    fn insert(&mut self, body: &Json) -> Response {
        let configuration = &body["configuration"];
        let query = &configuration["query"];
        let sql = query["query"].as_str().unwrap_or("");
        assert_eq!(query["useLegacySql"], false);
        if configuration["dryRun"] == true {
            return Response::json(
                200,
                &json!({"status": {"state": "DONE"}, "statistics": {"totalBytesProcessed": BYTES.to_string()}}),
            );
        }
        let id = body["jobReference"]["jobId"]
            .as_str()
            .unwrap_or("")
            .to_owned();
        let legal = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!(!id.is_empty() && id.chars().all(legal), "{id}");
        if self.jobs.contains_key(&id) {
            let message = format!("Already Exists: Job shop:{LOCATION}.{id}");
            return error(409, "duplicate", &message);
        }
        let most = query["maximumBytesBilled"].as_str();
        if most.is_some_and(|most| most.parse::<u64>().unwrap() < BYTES) {
            let message =
                format!("Query exceeded limit for bytes billed. {BYTES} or higher required.");
            return error(400, "bytesBilledLimitExceeded", &message);
        }
        let is_running =
            |job: &Job| job.resource["status"]["state"] != "DONE" && job.sql != "select 1";
        if sql != "select 1" && self.jobs.values().any(is_running) {
            self.overlaps += 1;
        }
        *self.runs.entry(sql.to_owned()).or_default() += 1;
        let outcome = (self.does)(sql);
        if let Outcome::Refused(reason, message) = &outcome {
            return error(400, reason, message);
        }
        let looks = sql
            .split_once("/* slow:")
            .and_then(|(_, rest)| rest.split_once(' ')?.0.parse().ok());
        let resource = json!({
            "jobReference": {"projectId": "shop", "jobId": id, "location": LOCATION},
            "configuration": configuration,
            "status": {"state": "RUNNING"},
        });
        self.ids.push(id.clone());
        let job = Job {
            sql: sql.to_owned(),
            resource: resource.clone(),
            looks: looks.unwrap_or(1),
            outcome,
        };
        self.jobs.insert(id, job);
        Response::json(200, &resource)
    }

    fn look(&mut self, id: &str) -> Response {
        let Some(job) = self.jobs.get_mut(id) else {
            return error(
                404,
                "notFound",
                &format!("Not found: Job shop:{LOCATION}.{id}"),
            );
        };
        job.looks = job.looks.saturating_sub(1);
        if job.looks == 0 && job.resource["status"]["state"] != "DONE" {
            job.resource["status"] = json!({"state": "DONE"});
            match &job.outcome {
                Outcome::Changed(n) => {
                    job.resource["statistics"] =
                        json!({"query": {"numDmlAffectedRows": n.to_string()}});
                }
                Outcome::Failed {
                    reason,
                    message,
                    begun,
                } => {
                    job.resource["status"]["errorResult"] =
                        json!({"reason": reason, "message": message});
                    job.resource["statistics"] = json!({"numChildJobs": begun.to_string()});
                }
                Outcome::Rows(..) | Outcome::Refused(..) => {}
            }
        }
        Response::json(200, &job.resource)
    }

    fn results(&mut self, id: &str, request: &Request) -> Response {
        assert_eq!(request.parameter("location"), Some(LOCATION));
        assert_eq!(
            request.parameter("formatOptions.useInt64Timestamp"),
            Some("true")
        );
        let Some(job) = self.jobs.get(id) else {
            return error(404, "notFound", "Not found: Job");
        };
        let Outcome::Rows(columns, rows) = &job.outcome else {
            return Response::json(200, &json!({"jobComplete": true, "totalRows": "0"}));
        };
        let from: usize = request
            .parameter("pageToken")
            .map_or(0, |t| t.parse().unwrap());
        let to = (from + self.page).min(rows.len());
        let rows_of = |row: &Vec<Json>| -> Json {
            let cells: Vec<Json> = row.iter().map(|cell| json!({"v": cell})).collect();
            json!({ "f": cells })
        };
        let page: Vec<Json> = rows[from..to].iter().map(rows_of).collect();
        let mut answer = json!({"jobComplete": true, "schema": {"fields": columns}, "rows": page,
            "totalRows": rows.len().to_string()});
        if to < rows.len() {
            answer["pageToken"] = to.to_string().into();
        }
        Response::json(200, &answer)
    }

    fn cancel(&mut self, id: &str) -> Response {
        let Some(job) = self.jobs.get_mut(id) else {
            return error(404, "notFound", "Not found: Job");
        };
        self.cancelled.push(id.to_owned());
        if job.resource["status"]["state"] != "DONE" {
            let message = "Job execution was cancelled: User requested cancellation";
            job.resource["status"] =
                json!({"state": "DONE", "errorResult": {"reason": "stopped", "message": message}});
        }
        Response::json(200, &json!({ "job": job.resource }))
    }
}
