//! What an engine says of data without the data. An engine quotes the value that it could not convert, and quotes it in many ways
//! (`'…'`, `"…"`, bare numbers, a line of its own); so of errors that come from data only words that are known to be the
//! engine's own are kept, and everything else is `«…»`. Errors about names and files keep their words, but for addresses,
//! long numbers and the statement that they repeat.

/// What stands for something that may be about a person.
const GONE: &str = "«…»";

/// Kinds of errors that are about SQL, names, files and sessions, and never quote a row.
#[cfg(feature = "duckdb-linked")]
const ABOUT_NAMES: &[&str] = &[
    "Binder",
    "Catalog",
    "Connection",
    "Dependency",
    "HTTP",
    "INTERRUPT",
    "IO",
    "Invalid Configuration",
    "Not implemented",
    "Out of Memory",
    "Parser",
    "Permission",
    "Syntax",
];

/// The engine's own words in errors about data, in small letters.
const WORDS: &str = "a aborted action addition again allowed already an and another any are argument array as at base64 be because \
being bit boolean by byte can cannot cast casting change character check checkpoint codepoint column commit committed \
conflict constraint conversion convert converting could create csv current data database date decimal decode delete deleted detected \
destination device did different digit disk division dml does duplicate during encountered end epoch error exactly exceeded exist \
expected expression extract failed fatal field file for format found from given got greater has have hex i.e if in index \
input insert insufficient integer internal interval into invalid invalidated io is it json key large larger length less level \
limit line list malformed many maximum memory mismatch missing more multiplication must name negative no not null number numeric \
object of offset on one only or original out overflow padding parse parsing partial position previous primary prior quota \
range recognized regex regular reopened requires restarted returned row rows same scalar seconds size source space specifier \
string subquery substring subtraction such supported table than that the time timestamp to too transaction transactioncontext \
type unexpected unicode unique unknown update updated use used value values variant violated violates violation was when while with \
within write write-write wrong year zero";

/// Its words for types.
const TYPES: &str = "BIGINT BIT BLOB BOOL BOOLEAN DATE DECIMAL DOUBLE ENUM FLOAT HUGEINT INT128 INT16 INT32 INT64 INT8 INTEGER \
INTERVAL JSON LIST MAP NULL SMALLINT STRUCT TIME TIMESTAMP TIMESTAMPTZ TINYINT UBIGINT UINT128 UINT16 UINT32 UINT64 UINT8 UINTEGER \
USMALLINT UTF8 UTINYINT UUID VARCHAR CSV JSON FIXED NUMBER REAL TEXT VARIANT";

/// The embedded engine's message without values.
#[cfg(feature = "duckdb-linked")]
#[must_use]
pub(super) fn redacted(message: &str) -> String {
    // What segc itself had it say.
    if let Some(mark) = crate::dialect::marked(message) {
        return mark.to_owned();
    }
    // The statement holds keys where a list is small.
    let message = message
        .split_once("\nLINE ")
        .map_or(message, |(said, _)| said)
        .trim_end();
    let kind = message.split_once(" Error: ").map_or("", |(kind, _)| kind);
    if ABOUT_NAMES.contains(&kind) {
        names_kept(message)
    } else {
        words_kept(message)
    }
}

/// An error about names: without addresses and long numbers.
#[must_use]
pub(super) fn names_kept(message: &str) -> String {
    message
        .split_inclusive(char::is_whitespace)
        .map(|word| {
            if names_somebody(word) {
                GONE.to_owned() + word.get(word.trim_end().len()..).unwrap_or("")
            } else {
                word.to_owned()
            }
        })
        .collect()
}

/// An error about data: only words that are known to be an engine's.
#[must_use]
pub(super) fn words_kept(message: &str) -> String {
    // What stands between the first quotation mark and the last is a value, whatever marks are in it.
    let message = message.replace("can't", "cannot");
    let quotes = ['\'', '"', '`'];
    let said = match (message.find(quotes), message.rfind(quotes)) {
        (Some(from), Some(to)) => {
            let (before, after) = (message.get(..from), message.get(to + 1..));
            let (before, after) = (before.unwrap_or(""), after.unwrap_or(""));
            format!("{} {GONE} {}", first_line(before), first_line(after))
        }
        (..) => first_line(&message).to_owned(),
    };
    known_words(&said)
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or("")
}

/// Whether a word looks like an address or a telephone number.
fn names_somebody(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let path = word.contains(['/', '\\']);
    word.contains('@') || (digits >= 7 && !path)
}

/// Words of the engine; everything else is gone.
fn known_words(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut before = "";
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
        let line = before == "Line:" && bare.chars().all(|c| c.is_ascii_digit());
        let known = bare.is_empty()
            || line
            || is_one_of(WORDS, &bare.to_lowercase())
            || is_one_of(
                TYPES,
                word.split(['(', '[', ',', '.', '!']).next().unwrap_or(""),
            );
        if known {
            out.push(word.to_owned());
        } else if out.last().is_none_or(|last| last != GONE) {
            out.push(GONE.to_owned());
        }
        before = word;
    }
    out.join(" ")
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_ascii_whitespace().any(|known| known == word)
}

#[cfg(all(test, feature = "duckdb-linked"))]
mod tests {
    use super::redacted;

    /// What the engine says of a column of people, in all the ways that it has.
    #[test]
    fn errors_about_data_keep_the_engines_words_and_no_value() {
        for (said, kept) in [
            (
                "Conversion Error: Could not convert string 'anna@example.com' to INT32 when casting from source column s\n\nLINE 1: select",
                "Conversion Error: Could not convert string «…» to INT32 when casting from source column «…»",
            ),
            (
                "Conversion Error: Could not convert string 'O'Neil \"Anna\"\nSchmidt' to DECIMAL(5,2)",
                "Conversion Error: Could not convert string «…» to DECIMAL(5,2)",
            ),
            (
                "Conversion Error: invalid date field format: \"anna\nschmidt\", expected format is (YYYY-MM-DD)",
                "Conversion Error: invalid date field format: «…» , expected format is «…»",
            ),
            (
                "Conversion Error: Type INT64 with value 491701234567 can't be cast because the value is out of range for the destination type INT32",
                "Conversion Error: Type INT64 with value «…» cannot be cast because the value is out of range for the destination type INT32",
            ),
            (
                "Out of Range Error: Overflow in addition of INT64 (491701234567 + 1)!",
                "Out of Range Error: Overflow in addition of INT64 «…» + «…»",
            ),
            (
                "Invalid Input Error: Could not parse string \"anna\" according to format specifier \"%Y\"\nanna\n^\nError: x",
                "Invalid Input Error: Could not parse string «…»",
            ),
            (
                "Invalid Input Error: missing ]: [anna",
                "Invalid Input Error: missing ]: «…»",
            ),
            (
                "Invalid Input Error: Anna Schmidt",
                "Invalid Input Error: «…»",
            ),
            (
                "Conversion Error: Date out of range: 1980-4-12",
                "Conversion Error: Date out of range: «…»",
            ),
            (
                "Invalid Input Error: CSV Error on Line: 30002\nOriginal Line: anna,US\nError when converting column \"a\". Could not convert string \"anna\" to 'INTEGER'\n\nColumn a",
                "Invalid Input Error: CSV Error on Line: 30002 «…»",
            ),
            (
                "Constraint Error: Duplicate key \"a: anna@example.com\" violates primary key constraint.",
                "Constraint Error: Duplicate key «…» violates primary key constraint.",
            ),
            ("Something anna", "«…»"),
        ] {
            assert_eq!(redacted(said), kept, "{said}");
        }
    }

    #[test]
    fn errors_about_names_keep_them() {
        for said in [
            "Catalog Error: Table with name orders does not exist!\nDid you mean \"order\"?",
            "IO Error: Could not set lock on file \"/tmp/12345678/shop.duckdb\": Conflicting lock is held in /usr/bin/segc (PID 12345)",
        ] {
            assert_eq!(redacted(said), said);
        }
        assert_eq!(
            redacted(
                "Binder Error: Referenced column \"anna@example.com\" not found: 491701234567\nLINE 1: select 'anna'"
            ),
            "Binder Error: Referenced column «…» not found: «…»"
        );
    }
}
