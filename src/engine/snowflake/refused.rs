//! What Snowflake answers instead of a result, as errors: their kind by code and state, their words without values of people.

use super::super::redact;
use super::super::{EngineError, EngineErrorKind};
use serde::Deserialize;

/// The body of an answer that is no result. <https://docs.snowflake.com/en/developer-guide/sql-api/reference#queryfailurestatus>
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) sql_state: String,
}

/// A statement of a request, and where it begins in it.
pub(super) struct Sent<'a> {
    pub(super) sql: &'a str,
    /// Counted from 1.
    pub(super) line: usize,
}

impl Refusal {
    /// The error of a request with these statements, of which the first is the client's own.
    pub(super) fn error(&self, sent: &[Sent<'_>], names_values: bool) -> EngineError {
        let (line, said) = failed_at(&self.message);
        let said = if names_values {
            said.to_owned()
        } else if is_about_names(said, &self.sql_state) {
            redact::names_kept(said)
        } else if let Some(mark) = crate::dialect::marked(said) {
            // What segc itself had it say.
            mark.to_owned()
        } else {
            redact::words_kept(said)
        };
        let mut message = format!("{}: {said}", self.code);
        if let Some(line) = line.filter(|_| sent.len() > 2) {
            let before = sent.iter().filter(|s| s.line <= line);
            let n = before.count().max(1);
            if let Some(failed) = sent.get(n - 1) {
                let first = failed.sql.trim_start().lines().next().unwrap_or("");
                let shown: String = first.chars().take(60).collect();
                message = format!(
                    "{message}\nin statement {} of {}: {shown} …",
                    n - 1,
                    sent.len() - 1
                );
            }
        }
        EngineError {
            kind: self.kind(),
            message,
        }
    }

    fn kind(&self) -> EngineErrorKind {
        let says = |words: &[&str]| {
            let message = self.message.to_ascii_lowercase();
            words.iter().any(|word| message.contains(word))
        };
        match self.code.as_str() {
            // Locks: too many waiters, waited too long, or two that wait for one another.
            "000625" | "000626" | "000627" => EngineErrorKind::Conflict,
            _ if self.sql_state.starts_with("40") => EngineErrorKind::Conflict,
            _ if says(&["has locked table", "lock timeout", "lock wait", "deadlock"]) => {
                EngineErrorKind::Conflict
            }
            // Waited too long altogether, in the statement or in the warehouse's queue; a resource monitor's quota is used up.
            "000630" | "000648" | "090073" => EngineErrorKind::Exhausted,
            _ if says(&["exceeded its quota", "memory exhausted", "out of memory"]) => {
                EngineErrorKind::Exhausted
            }
            // Of the login: expired, unknown, not allowed.
            code if code.starts_with("3901") || code.starts_with("3903") => {
                EngineErrorKind::Connection
            }
            _ => EngineErrorKind::Statement,
        }
    }
}

/// Where a request of several statements failed, and what was said of that statement. Snowflake wraps it:
/// `… failed on statement "…" (at line 2, position 0).` and the words behind that.
/// <https://docs.snowflake.com/en/developer-guide/sql-api/submitting-multiple-statements#handling-errors-when-specifying-multiple-statements-in-a-request>
fn failed_at(message: &str) -> (Option<usize>, &str) {
    const AT: &str = "(at line ";
    let Some((_, rest)) = message.split_once("failed on statement") else {
        return (None, message);
    };
    // The statement that is quoted may say the same words: the last of them is Snowflake's.
    let Some((_, rest)) = rest.rsplit_once(AT) else {
        return (None, message);
    };
    let Some((place, said)) = rest.split_once(").") else {
        return (None, message);
    };
    let line = place.split(',').next().and_then(|line| line.parse().ok());
    let said = said.trim();
    let end = said.find(" in <unknown> at").unwrap_or(said.len());
    (line, said.get(..end).unwrap_or(said).trim_end())
}

/// Whether an error is about SQL, names and rights, and not about data.
/// Class 42 is syntax and access: <https://en.wikipedia.org/wiki/SQLSTATE>
fn is_about_names(said: &str, state: &str) -> bool {
    state.starts_with("42")
        || state.starts_with("02")
        || state.starts_with("0A")
        || state.starts_with("57")
        || state.starts_with("08")
        || said.starts_with("SQL compilation error")
        || said.starts_with("SQL access control error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: &str, state: &str, message: &str) -> Refusal {
        Refusal {
            code: code.to_owned(),
            message: message.to_owned(),
            sql_state: state.to_owned(),
        }
    }

    #[test]
    fn kinds_follow_code_and_state() {
        for (code, state, message, kind) in [
            (
                "000625",
                "57014",
                "Statement 'x' has locked table 'T'",
                EngineErrorKind::Conflict,
            ),
            ("000603", "40001", "", EngineErrorKind::Conflict),
            (
                "000630",
                "57014",
                "Statement reached its timeout",
                EngineErrorKind::Exhausted,
            ),
            (
                "090073",
                "22000",
                "exceeded its quota",
                EngineErrorKind::Exhausted,
            ),
            (
                "390114",
                "08001",
                "Authentication token has expired",
                EngineErrorKind::Connection,
            ),
            (
                "002003",
                "42S02",
                "SQL compilation error:",
                EngineErrorKind::Statement,
            ),
            (
                "000604",
                "57014",
                "SQL execution canceled",
                EngineErrorKind::Statement,
            ),
        ] {
            assert_eq!(
                refusal(code, state, message).error(&[], false).kind,
                kind,
                "{code}"
            );
        }
    }

    #[test]
    fn names_stay_in_errors_and_values_do_not() {
        for (state, said, kept) in [
            (
                "42S02",
                "SQL compilation error:\nObject 'SHOP.SEGMENTS.ORDERS' does not exist or not authorized.",
                "1: SQL compilation error:\nObject 'SHOP.SEGMENTS.ORDERS' does not exist or not authorized.",
            ),
            (
                "42000",
                "SQL compilation error: error line 1 at position 7\ninvalid identifier 'anna@example.com'",
                "1: SQL compilation error: error line 1 at position 7\ninvalid identifier «…»",
            ),
            (
                "22018",
                "Numeric value 'anna@example.com' is not recognized",
                "1: Numeric value «…» is not recognized",
            ),
            (
                "22007",
                "Date '1980-4-12' is not recognized",
                "1: Date «…» is not recognized",
            ),
            ("22012", "Division by zero", "1: Division by zero"),
            (
                "22000",
                "Duplicate row detected during DML action\nRow Values: [4711, \"anna\"]",
                "1: Duplicate row detected during DML action «…» ]",
            ),
            (
                "22000",
                "Failed to cast variant value \"anna\" to FIXED",
                "1: Failed to cast variant value «…» to FIXED",
            ),
            ("22000", "Anna Schmidt", "1: «…»"),
            (
                "22018",
                "Numeric value 'segc_failed_3_40' is not recognized",
                "1: segc_failed_3_40",
            ),
        ] {
            assert_eq!(refusal("1", state, said).error(&[], false).message, kept);
        }
        let kept = refusal("1", "22018", "Numeric value 'a' is not recognized").error(&[], true);
        assert_eq!(kept.message, "1: Numeric value 'a' is not recognized");
    }

    #[test]
    fn of_several_statements_the_one_that_failed_is_named() {
        let said = "JavaScript execution error: Uncaught Execution of multiple statements failed on statement \"insert into t\nselect \
                    'a (at line 9, position 9).' ...\" (at line 4, position 0).\nSQL compilation error:\nObject 'U' does not exist in \
                    <unknown> at 'execAndGetStats(handle);' position 0 stackstrace: <unknown> line: 1";
        let sent = [
            Sent {
                sql: "alter session set x",
                line: 1,
            },
            Sent {
                sql: "begin",
                line: 2,
            },
            Sent {
                sql: "insert into t\nselect 1",
                line: 4,
            },
            Sent {
                sql: "commit",
                line: 7,
            },
        ];
        let error = refusal("002003", "42S02", said).error(&sent, false);
        assert_eq!(
            error.message,
            "002003: SQL compilation error:\nObject 'U' does not exist\nin statement 2 of 3: insert into t …"
        );
        // A single statement needs no number.
        let error = refusal("002003", "42S02", said).error(sent.get(..2).expect("two"), false);
        assert_eq!(
            error.message,
            "002003: SQL compilation error:\nObject 'U' does not exist"
        );
    }
}
