//! Statements as jobs. A job's id is made here, of the run, the statement's number and its text, before anything is sent; so
//! whatever is sent twice is done once, and a lost answer is looked up.
//!
//! **Invariant:** no statement is sent while it is unknown whether an earlier one is still running. What was lost is settled
//! first: its id is taken by a job that does nothing, or if the id is taken, that job is stopped and its end awaited.
//! <https://cloud.google.com/bigquery/docs/running-jobs#generate-jobid>

use super::Options;
use super::api::{Answer, Api};
use super::refused::Refusal;
use super::values::{self, Field};
use crate::engine::http::{Http, Method, Request, Retry};
use crate::engine::{EngineError, EngineErrorKind, Rows};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often a job is made that fails for a reason that is not its own.
const ATTEMPTS: u32 = 4;
/// How often a job is looked for that its server does not know yet.
const LOOKS: u32 = 5;
/// Rows of a page: a page ends at 20 MB in any case.
const PAGE: &str = "50000";
/// How long a cancellation may take: somebody waits.
const CANCEL: Duration = Duration::from_secs(5);
/// How often a job is looked at: soon first.
const POLL: Retry = Retry {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(4),
    total: Duration::MAX,
    unreachable: 0,
    again: |_| false,
};

/// A connection with a project.
pub(super) struct Client {
    api: Api,
    /// How many statements were sent.
    made: AtomicU64,
    /// Jobs of which it is unknown whether they are running.
    lost: Mutex<Vec<Job>>,
    /// Where the last job was: an id is taken in one location only.
    place: Mutex<Option<String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Job {
    id: String,
    location: Option<String>,
}

/// What a session is running.
#[derive(Default)]
pub(super) struct Running(Mutex<Option<Run>>);

struct Run {
    job: Job,
    is_stopped: bool,
    is_cancelled: bool,
}

impl Running {
    fn slot(&self) -> MutexGuard<'_, Option<Run>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, job: &Job) {
        *self.slot() = Some(Run {
            job: job.clone(),
            is_stopped: false,
            is_cancelled: false,
        });
    }

    fn is_stopped(&self) -> bool {
        self.slot().as_ref().is_some_and(|run| run.is_stopped)
    }
}

/// A job that has been done.
struct Finished {
    job: Job,
    resource: Value,
}

/// How a try to have a job done ended, where it is known.
enum Ended {
    Done(Finished),
    /// Nothing of it is there, or what the job did before it failed.
    Refused {
        refusal: Refusal,
        has_begun: bool,
    },
}

impl Client {
    pub(super) fn new(options: Options, http: Http) -> Self {
        Self {
            api: Api::new(options, http),
            made: AtomicU64::new(0),
            lost: Mutex::default(),
            place: Mutex::default(),
        }
    }

    /// Runs statements as one job; the rows that they changed.
    pub(super) fn execute(&self, sent: &[&str], running: &Running) -> Result<u64, EngineError> {
        let finished = self.run(sent, running)?;
        let changed = finished
            .resource
            .pointer("/statistics/query/numDmlAffectedRows");
        let changed = changed.and_then(Value::as_str);
        Ok(changed.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// Runs a query; all its rows.
    pub(super) fn query(&self, sql: &str, running: &Running) -> Result<Rows, EngineError> {
        let finished = self.run(&[sql], running)?;
        let path = format!("queries/{}", finished.job.id);
        let mut token: Option<String> = None;
        let mut found: Option<(Vec<Field>, Rows)> = None;
        let mut looks = 0;
        let broken = |what: &str| EngineError {
            kind: EngineErrorKind::Connection,
            message: format!("the server sent results that {what}"),
        };
        loop {
            let mut fields = vec![
                ("maxResults", PAGE),
                ("formatOptions.useInt64Timestamp", "true"),
            ];
            fields.extend(finished.job.location.as_deref().map(|l| ("location", l)));
            fields.extend(token.as_deref().map(|token| ("pageToken", token)));
            let answer = self.send(running, &|| self.api.request(Method::Get, &path, &fields))?;
            let page = self.api.accepted(answer)?;
            if page.get("jobComplete") != Some(&true.into()) {
                // The job is done: its result must come.
                looks += 1;
                if looks > LOOKS {
                    return Err(broken("are not there"));
                }
                self.api.http.pause(POLL.backoff(looks, 1.0), &|| false);
                continue;
            }
            let (columns, rows) = found.get_or_insert_with(|| {
                let columns = Field::all(page.get("schema"));
                let rows = values::empty(&columns);
                (columns, rows)
            });
            values::add(rows, columns, &page)
                .ok_or_else(|| broken("are not as their columns say"))?;
            token = page
                .get("pageToken")
                .and_then(Value::as_str)
                .map(str::to_owned);
            if token.is_none() {
                let total = page.get("totalRows").and_then(Value::as_str);
                let total = total.and_then(|text| text.parse().ok());
                if total.is_some_and(|total: usize| total != rows.rows.len()) {
                    return Err(broken("are not all"));
                }
                return Ok(found.map(|(_, rows)| rows).unwrap_or_default());
            }
        }
    }

    /// The bytes that a query would read.
    pub(super) fn dry_run(&self, sql: &str, running: &Running) -> Option<u64> {
        let said = self.only_tried(sql, running).ok()?;
        // Of the job and of the query: some servers know one of the two.
        let bytes = |path| said.pointer(path).and_then(Value::as_str);
        let bytes = bytes("/statistics/totalBytesProcessed")
            .or_else(|| bytes("/statistics/query/totalBytesProcessed"));
        bytes?.parse().ok()
    }

    /// The columns of a query's result and their types, without running it.
    pub(super) fn columns(&self, sql: &str, running: &Running) -> Result<Rows, EngineError> {
        let said = self.only_tried(sql, running)?;
        let fields = Field::all(said.pointer("/statistics/query/schema"));
        Ok(values::described(&fields))
    }

    /// What a job would do, which is never done.
    fn only_tried(&self, sql: &str, running: &Running) -> Result<Value, EngineError> {
        let mut body = self.configuration(sql);
        if let Some(Value::Object(configuration)) = body.get_mut("configuration") {
            configuration.insert("dryRun".to_owned(), true.into());
        }
        if let Value::Object(body) = &mut body {
            let reference = json!({"projectId": self.api.options.project, "location": self.api.options.location});
            body.insert("jobReference".to_owned(), reference);
        }
        let answer = self.send(running, &|| {
            self.api.request(Method::Post, "jobs", &[]).json(&body)
        })?;
        self.api.accepted(answer)
    }

    /// Runs statements as one job until they are done. A job that failed for a reason that is not its own is made anew, with
    /// another id, if nothing of it can have stayed.
    fn run(&self, sent: &[&str], running: &Running) -> Result<Finished, EngineError> {
        let result = self
            .settle(running)
            .and_then(|()| self.new_job(sent, running));
        *running.slot() = None;
        result
    }

    fn new_job(&self, sent: &[&str], running: &Running) -> Result<Finished, EngineError> {
        let sql = sent.join("\n;\n");
        let number = self.made.fetch_add(1, Ordering::SeqCst) + 1;
        let mut attempt = 1;
        loop {
            let job = Job {
                id: self.id(number, &sql, attempt),
                location: self.api.options.location.clone(),
            };
            match self.attempt(&job, &sql, running)? {
                Ended::Done(finished) => return Ok(finished),
                Ended::Refused { refusal, has_begun } => {
                    let again = refusal.is_transient() && !has_begun && attempt < ATTEMPTS;
                    if again {
                        let chance = self.api.http.surroundings().chance();
                        let wait = Retry::default().backoff(attempt, chance);
                        self.api.http.pause(wait, &|| running.is_stopped());
                    }
                    if !again || running.is_stopped() {
                        return Err(self.api.told(&refusal, sent));
                    }
                    attempt += 1;
                }
            }
        }
    }

    /// `segc_<run>_<number>_<of the text>`: letters, digits, `_` and `-` are all that an id may have.
    fn id(&self, number: u64, sql: &str, attempt: u32) -> String {
        let hash = Sha256::digest(sql);
        let hash = hash.iter().take(6).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let again = match attempt {
            1 => String::new(),
            n => format!("_r{n}"),
        };
        let run = plain(&self.api.options.run);
        format!("segc_{run}_{number}_{hash}{again}")
    }

    /// <https://cloud.google.com/bigquery/docs/reference/rest/v2/Job#JobConfiguration>
    fn configuration(&self, sql: &str) -> Value {
        let options = &self.api.options;
        let label =
            |text: &str| -> String { plain(text).to_lowercase().chars().take(63).collect() };
        let mut labels = json!({"segc_run": label(&options.run)});
        let mut query = json!({
            "query": sql,
            "useLegacySql": false,
            "priority": if options.is_batch { "BATCH" } else { "INTERACTIVE" },
            // A project may have another default.
            "connectionProperties": [{"key": "time_zone", "value": "UTC"}],
        });
        if let Some(labels) = labels.as_object_mut() {
            for (key, value) in &options.labels {
                labels.insert(label(key), label(value).into());
            }
        }
        if let (Some(bytes), Some(query)) = (options.maximum_bytes_billed, query.as_object_mut()) {
            query.insert("maximumBytesBilled".to_owned(), bytes.to_string().into());
        }
        let mut configuration = json!({"labels": labels, "query": query});
        if let (Some(time), Some(configuration)) =
            (options.job_timeout, configuration.as_object_mut())
        {
            let time = time.as_millis().to_string();
            configuration.insert("jobTimeoutMs".to_owned(), time.into());
        }
        json!({ "configuration": configuration })
    }

    fn inserting(&self, job: &Job, sql: &str) -> Value {
        let mut body = self.configuration(sql);
        if let Some(body) = body.as_object_mut() {
            let reference = json!({
                "projectId": self.api.options.project,
                "jobId": job.id,
                "location": job.location,
            });
            body.insert("jobReference".to_owned(), reference);
        }
        body
    }

    /// Has one job done, from its beginning to its end.
    fn attempt(&self, job: &Job, sql: &str, running: &Running) -> Result<Ended, EngineError> {
        running.begin(job);
        self.lost().push(job.clone());
        let body = self.inserting(job, sql);
        let answer = self.send(running, &|| {
            self.api.request(Method::Post, "jobs", &[]).json(&body)
        })?;
        let said = answer.response.json();
        let status = answer.response.status;
        let refusal = Refusal::of_answer(status, said.as_ref());
        let ended = if answer.response.is_success() {
            self.finish(job, said.unwrap_or_default(), running)?
        } else if status == 409 {
            // One of the tries before has arrived. Whoever else has taken the id has not sent this text.
            let known = Job {
                id: job.id.clone(),
                location: job.location.clone().or_else(|| place(&refusal, job)),
            };
            let resource = self.look(&known, running)?;
            let text = resource.pointer("/configuration/query/query");
            if text.and_then(Value::as_str) != Some(sql) {
                self.found(job);
                return Err(EngineError {
                    kind: EngineErrorKind::Connection,
                    message: format!("another job has the id `{}`", job.id),
                });
            }
            self.finish(&known, resource, running)?
        } else if answer.tries == 1 && status < 500 {
            // It was never taken.
            Ended::Refused {
                refusal,
                has_begun: false,
            }
        } else {
            return Err(self.api.told(&refusal, &[]));
        };
        self.found(job);
        Ok(ended)
    }

    /// Waits for the end of a job.
    fn finish(
        &self,
        job: &Job,
        mut resource: Value,
        running: &Running,
    ) -> Result<Ended, EngineError> {
        let location = resource.pointer("/jobReference/location");
        let location = location.and_then(Value::as_str).map(str::to_owned);
        let job = Job {
            id: job.id.clone(),
            location: location.or_else(|| job.location.clone()),
        };
        if let Some(run) = running.slot().as_mut() {
            run.job = job.clone();
        }
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = job.location.clone();
        let mut looks = 0;
        while resource.pointer("/status/state").and_then(Value::as_str) != Some("DONE") {
            looks += 1;
            let wait = POLL.backoff(looks, 1.0);
            let was_stopped = running.is_stopped();
            self.api
                .http
                .pause(wait, &|| !was_stopped && running.is_stopped());
            resource = self.look(&job, running)?;
        }
        Ok(match Refusal::of_job(&resource) {
            None => Ended::Done(Finished { job, resource }),
            Some(refusal) => {
                let children = resource.pointer("/statistics/numChildJobs");
                let children = children.and_then(Value::as_str);
                Ended::Refused {
                    refusal,
                    has_begun: children.is_some_and(|n| n != "0"),
                }
            }
        })
    }

    /// A job as it is now. One that its server does not know yet is looked for again.
    fn look(&self, job: &Job, running: &Running) -> Result<Value, EngineError> {
        let path = format!("jobs/{}", job.id);
        let fields: Vec<_> = job
            .location
            .iter()
            .map(|l| ("location", l.as_str()))
            .collect();
        let mut looks = 1;
        loop {
            let answer = self.send(running, &|| self.api.request(Method::Get, &path, &fields))?;
            if answer.response.status != 404 || looks >= LOOKS {
                return self.api.accepted(answer);
            }
            self.api.http.pause(POLL.backoff(looks, 1.0), &|| false);
            looks += 1;
        }
    }

    /// Makes sure that nothing which was lost is running or will run.
    fn settle(&self, running: &Running) -> Result<(), EngineError> {
        let lost = self.lost().clone();
        for mut job in lost {
            let last = self.place.lock().unwrap_or_else(PoisonError::into_inner);
            job.location = job.location.or_else(|| last.clone());
            drop(last);
            running.begin(&job);
            let body = self.inserting(&job, "select 1");
            let answer = self.send(running, &|| {
                self.api.request(Method::Post, "jobs", &[]).json(&body)
            })?;
            if answer.response.status == 409 {
                let said = answer.response.json();
                let refusal = Refusal::of_answer(409, said.as_ref());
                let known = Job {
                    id: job.id.clone(),
                    location: job.location.clone().or_else(|| place(&refusal, &job)),
                };
                // If it cannot be stopped, its end is awaited.
                let request = || self.cancelling(&known);
                let _ = self.send(running, &request)?;
                let resource = self.look(&known, running)?;
                self.finish(&known, resource, running)?;
            } else {
                self.api.accepted(answer)?;
            }
            self.found(&job);
        }
        Ok(())
    }

    fn lost(&self) -> MutexGuard<'_, Vec<Job>> {
        self.lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is known how the job ended.
    fn found(&self, job: &Job) {
        self.lost().retain(|lost| lost.id != job.id);
    }

    fn send(&self, running: &Running, make: &dyn Fn() -> Request) -> Result<Answer, EngineError> {
        self.api.send(&|| running.is_stopped(), make)
    }

    fn cancelling(&self, job: &Job) -> Request {
        let path = format!("jobs/{}/cancel", job.id);
        let fields: Vec<_> = job
            .location
            .iter()
            .map(|l| ("location", l.as_str()))
            .collect();
        self.api.request(Method::Post, &path, &fields)
    }

    /// Stops what a session is running, from any thread; does nothing where that is done already.
    pub(super) fn stop(&self, running: &Running) {
        let job = match running.slot().as_mut() {
            Some(run) if !run.is_cancelled => {
                run.is_stopped = true;
                run.job.clone()
            }
            Some(_) | None => return,
        };
        let is_done = self.api.once(self.cancelling(&job), CANCEL);
        if let Some(run) = running.slot().as_mut().filter(|run| run.job.id == job.id) {
            run.is_cancelled = is_done;
        }
    }
}

/// Where a job is whose id is taken: `Already Exists: Job project:EU.id`.
fn place(refusal: &Refusal, job: &Job) -> Option<String> {
    let (before, _) = refusal.message.split_once(&format!(".{}", job.id))?;
    let (_, location) = before.rsplit_once(':')?;
    Some(location.to_owned()).filter(|l| !l.is_empty() && !l.contains(' '))
}

/// Only letters, digits, `_` and `-`.
fn plain(text: &str) -> String {
    let keep = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    text.chars().map(keep).collect()
}
