//! What BigQuery says where it does not do something: which kind of error that is, and its words without values of rows.
//! <https://cloud.google.com/bigquery/docs/error-messages>

use crate::engine::redact;
use crate::engine::{EngineError, EngineErrorKind};
use serde_json::Value;

/// Why a job failed, or a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Refusal {
    pub(super) reason: String,
    pub(super) message: String,
}

/// Only the server was in trouble: the same may be tried again.
const TRANSIENT: [&str; 6] = [
    "backendError",
    "internalError",
    "jobBackendError",
    "jobInternalError",
    "jobRateLimitExceeded",
    "rateLimitExceeded",
];

/// Nothing is wrong with the statement.
const EXHAUSTED: [&str; 8] = [
    "billingTierLimitExceeded",
    "bytesBilledLimitExceeded",
    "quotaExceeded",
    "resourcesExceeded",
    "resourcesExceededDuringExecution",
    "responseTooLarge",
    "tableUnavailable",
    "timeout",
];

/// Reasons of errors that may quote a row.
const ABOUT_DATA: [&str; 3] = ["invalid", "invalidQuery", ""];

/// How errors begin that are about SQL, names and rights, whatever their reason.
const ABOUT_NAMES: [&str; 23] = [
    "Access Denied",
    "Aggregat",
    "Already Exists",
    "Cannot query",
    "Cannot replace",
    "Column ",
    "Dataset ",
    "Duplicate column",
    "Field name",
    "Function not found",
    "Invalid dataset",
    "Invalid project",
    "Invalid table",
    "Name ",
    "No matching signature",
    "Not found",
    "Query column",
    "Query exceeded",
    "SELECT list expression",
    "Syntax error",
    "Table ",
    "Type not found",
    "Unrecognized name",
];

impl Refusal {
    /// Of a request whose answer is an error.
    pub(super) fn of_answer(status: u16, body: Option<&Value>) -> Self {
        let text = |path| {
            let found = body.and_then(|b| b.pointer(path)).and_then(Value::as_str);
            found.map(str::to_owned)
        };
        Self {
            reason: text("/error/errors/0/reason")
                .or_else(|| text("/error/status"))
                .unwrap_or_else(|| format!("status {status}")),
            message: text("/error/message")
                .unwrap_or_else(|| format!("status {status} and no words")),
        }
    }

    /// Of a job that is done, if it has failed.
    pub(super) fn of_job(job: &Value) -> Option<Self> {
        let result = job.pointer("/status/errorResult")?;
        let text = |name| result.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            reason: text("reason").to_owned(),
            message: text("message").to_owned(),
        })
    }

    pub(super) fn is_transient(&self) -> bool {
        TRANSIENT.contains(&self.reason.as_str())
    }

    /// The error of these statements, which were sent as one if they are several.
    pub(super) fn error(&self, sent: &[&str], names_values: bool) -> EngineError {
        let (said, line) = place(&self.message);
        // One promise may be the beginning of another.
        let promised = sent.iter().filter_map(|sql| assertion(sql));
        let promised = promised
            .filter(|text| said.contains(text))
            .max_by_key(String::len);
        let said = if let Some(text) = promised {
            text
        } else if names_values || EXHAUSTED.contains(&self.reason.as_str()) {
            // Limits are numbers, and nobody's.
            said.to_owned()
        } else if self.is_about_names(said) {
            redact::names_kept(said)
        } else {
            redact::words_kept(said)
        };
        let mut message = format!("{}: {said}", self.reason);
        if let Some(line) = line.filter(|_| sent.len() > 1) {
            let mut below = 0;
            let failed = sent.iter().position(|sql| {
                below += sql.lines().count().max(1) + 1;
                line < below
            });
            if let Some(n) = failed {
                message = format!("{message}\nin statement {} of {}", n + 1, sent.len());
            }
        }
        EngineError {
            kind: self.kind(),
            message,
        }
    }

    fn is_about_names(&self, said: &str) -> bool {
        !ABOUT_DATA.contains(&self.reason.as_str())
            || ABOUT_NAMES.iter().any(|start| said.starts_with(start))
    }

    fn kind(&self) -> EngineErrorKind {
        let says = |words: &str| self.message.contains(words);
        let reason = self.reason.as_str();
        if says("aborted due to concurrent update") || says("Could not serialize access") {
            EngineErrorKind::Conflict
        } else if self.is_transient() || EXHAUSTED.contains(&reason) || says("timed out") {
            EngineErrorKind::Exhausted
        } else if matches!(reason, "authError" | "UNAUTHENTICATED") {
            EngineErrorKind::Connection
        } else {
            EngineErrorKind::Statement
        }
    }
}

/// What is said, and on which line of the statements: `Query error: … at [24:9]`.
fn place(message: &str) -> (&str, Option<usize>) {
    let said = message.strip_prefix("Query error: ").unwrap_or(message);
    let Some((before, at)) = said.rsplit_once(" at [") else {
        return (said, None);
    };
    let line = at.split(':').next().and_then(|line| line.parse().ok());
    match line {
        Some(line) if at.trim_end().ends_with(']') => (before.trim_end_matches(';'), Some(line)),
        Some(_) | None => (said, None),
    }
}

/// The words that a statement promises for its failure: `assert … as '…'`.
fn assertion(sql: &str) -> Option<String> {
    let sql = sql.trim().trim_end_matches(';').trim_end();
    let starts = |word: &str| {
        sql.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if !starts("assert") {
        return None;
    }
    let body = sql.strip_suffix('\'')?;
    // The last quotation mark that no backslash stands before.
    let open = body.rmatch_indices('\'').find(|(at, _)| {
        let before = body.get(..*at).unwrap_or("");
        let slashes = before.len() - before.trim_end_matches('\\').len();
        slashes % 2 == 0
    });
    let text = body.get(open?.0 + 1..)?;
    let mut said = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => said.extend(chars.next().map(|c| if c == 'n' { '\n' } else { c })),
            c => said.push(c),
        }
    }
    Some(said).filter(|said| !said.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(reason: &str, message: &str) -> Refusal {
        Refusal {
            reason: reason.to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn kinds_follow_reason_and_words() {
        use EngineErrorKind::{Conflict, Connection, Exhausted, Statement};
        for (reason, message, kind) in [
            (
                "invalidQuery",
                "Query error: Transaction is aborted due to concurrent update against table p:d.t. Transaction ID: 61e3 at [24:9]",
                Conflict,
            ),
            (
                "invalidQuery",
                "Could not serialize access to table p:d.t due to concurrent update",
                Conflict,
            ),
            ("backendError", "", Exhausted),
            ("resourcesExceeded", "", Exhausted),
            ("bytesBilledLimitExceeded", "", Exhausted),
            ("stopped", "Job timed out after 10s", Exhausted),
            ("stopped", "Job execution was cancelled", Statement),
            ("authError", "", Connection),
            ("accessDenied", "", Statement),
            ("notFound", "", Statement),
            ("invalidQuery", "Syntax error", Statement),
        ] {
            assert_eq!(
                refusal(reason, message).error(&[], false).kind,
                kind,
                "{reason} {message}"
            );
        }
    }

    #[test]
    fn names_stay_in_errors_and_values_do_not() {
        for (reason, said, kept) in [
            (
                "notFound",
                "Not found: Table shop:segments.orders was not found in location EU",
                "notFound: Not found: Table shop:segments.orders was not found in location EU",
            ),
            (
                "invalidQuery",
                "Unrecognized name: country at [1:8]",
                "invalidQuery: Unrecognized name: country",
            ),
            (
                "accessDenied",
                "Access Denied: User anna@example.com has no bigquery.jobs.create in shop",
                "accessDenied: Access Denied: User «…» has no bigquery.jobs.create in shop",
            ),
            (
                "invalidQuery",
                "Bad int64 value: anna",
                "invalidQuery: «…» value: «…»",
            ),
            (
                "invalidQuery",
                "Invalid date: '1980-04-12'",
                "invalidQuery: Invalid date: «…»",
            ),
            (
                "invalid",
                "Error while reading table: shop.t, error message: Could not parse 'anna' as INT64 for field n",
                "invalid: Error while «…» table: «…» error «…» Could not parse «…» as INT64 for field «…»",
            ),
            ("", "Anna Schmidt", ": «…»"),
        ] {
            assert_eq!(refusal(reason, said).error(&[], false).message, kept);
        }
        let kept = refusal("invalidQuery", "Bad int64 value: anna").error(&[], true);
        assert_eq!(kept.message, "invalidQuery: Bad int64 value: anna");
    }

    #[test]
    fn an_assertion_says_what_was_promised_and_where() {
        let sent = [
            "begin transaction",
            "insert into t\nselect 'x'",
            "assert (select count(*) = 0 from t where a = 'anna') as 'it\\'s two\\\\ members'",
            "commit transaction",
        ];
        let said = "Query error: Assertion failed: it's two\\ members at [6:1]";
        let error = refusal("invalidQuery", said).error(&sent, false);
        assert_eq!(
            error.message,
            "invalidQuery: it's two\\ members\nin statement 3 of 4"
        );
        assert_eq!(error.kind, EngineErrorKind::Statement);
        let error = refusal("invalidQuery", "Query error: Bad bool value: x at [3:9]");
        let error = error.error(&sent, false).message;
        assert!(error.ends_with("\nin statement 2 of 4"), "{error}");
        let sent = [
            "ASSERT (\nselect 0\n) = 0 AS 'mark_1'",
            "ASSERT (\nselect 1\n) = 0 AS 'mark_12'",
        ];
        let error = refusal("invalidQuery", "mark_12 at [5:1]").error(&sent, false);
        assert_eq!(error.message, "invalidQuery: mark_12\nin statement 2 of 2");
        assert_eq!(assertion("assert (select true)"), None);
        assert_eq!(assertion("select 'assert'"), None);
    }
}
