//! Where a CSV file is not what its header says: the line with too many columns, too few, or a quote that does not end. The engine
//! knows that it cannot read such a file, but not always where, or takes the whole line for one column; so the file is looked at
//! once more, as RFC 4180 has it. <https://www.rfc-editor.org/rfc/rfc4180>
#![allow(clippy::disallowed_methods)] // Files are read here.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// What may stand between two columns, the most usual one last.
const DELIMITERS: [u8; 4] = [b'|', b'\t', b';', b','];

/// A line that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ragged {
    /// From 1.
    pub(super) line: u64,
    pub(super) wrong: Wrong,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// How many columns the header has, and the line.
    Columns { expected: u64, found: u64 },
    /// A quote that does not end, or ends within the text.
    Quote,
}

/// Whether a column's name is a whole header: then the engine has found no way to tell the columns apart.
pub(super) fn is_whole_line(name: &str) -> bool {
    name.bytes().any(|b| DELIMITERS.contains(&b))
}

/// The first line that does not fit; None where all do, or nobody can say.
pub(super) fn first(path: &Path) -> Option<Ragged> {
    let mut records = Records::of(path)?;
    let header = records.next()?;
    if header.is_broken {
        return None;
    }
    let expected = header.columns;
    records.find_map(|record| {
        let wrong = if record.is_broken {
            Wrong::Quote
        } else if record.columns != expected {
            Wrong::Columns {
                expected,
                found: record.columns,
            }
        } else {
            return None;
        };
        Some(Ragged {
            line: record.line,
            wrong,
        })
    })
}

/// The first line with a quote that does not end.
pub(super) fn open_quote(path: &Path) -> Option<Ragged> {
    if !has_quotes(path)? {
        return None;
    }
    let broken = Records::of(path)?.find(|record| record.is_broken)?;
    Some(Ragged {
        line: broken.line,
        wrong: Wrong::Quote,
    })
}

/// Most files have none, and looking for one byte takes no time.
fn has_quotes(path: &Path) -> Option<bool> {
    let mut reader = BufReader::with_capacity(1 << 16, File::open(path).ok()?);
    loop {
        let bytes = reader.fill_buf().ok()?;
        if bytes.is_empty() || bytes.contains(&b'"') {
            return Some(!bytes.is_empty());
        }
        let length = bytes.len();
        reader.consume(length);
    }
}

/// In which line a row begins; rows are counted from 1, without the header. None where quotes make that unsure.
pub(super) fn line_of(path: &Path, row: u64) -> Option<u64> {
    let mut records = Records::of(path)?;
    let mut last = None;
    // The header, and the rows up to this one.
    for _ in 0..=row {
        last = Some(records.next().filter(|record| !record.is_broken)?);
    }
    last.map(|record| record.line)
}

/// A line of a CSV file; several, where there are line breaks in quotes.
struct Record {
    line: u64,
    columns: u64,
    is_broken: bool,
}

struct Records {
    reader: BufReader<File>,
    delimiter: u8,
    /// Lines that were read.
    line: u64,
    /// A blank line is a row without a value where there is but one column.
    keeps_blanks: bool,
}

impl Records {
    fn of(path: &Path) -> Option<Self> {
        let mut header = Vec::new();
        let mut reader = BufReader::new(File::open(path).ok()?);
        reader.read_until(b'\n', &mut header).ok()?;
        let count = |delimiter: &u8| header.iter().filter(|b| *b == delimiter).count();
        let delimiter = DELIMITERS.into_iter().max_by_key(count)?;
        Some(Self {
            reader: BufReader::new(File::open(path).ok()?),
            delimiter,
            line: 0,
            keeps_blanks: count(&delimiter) == 0,
        })
    }
}

/// Where in a column a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Plain,
    Quoted,
    /// Behind a quote that ends the column, unless it is doubled.
    Closed,
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        let mut record = Record {
            line: self.line + 1,
            columns: 1,
            is_broken: false,
        };
        let mut at = At::Start;
        let mut text = Vec::new();
        loop {
            text.clear();
            if self.reader.read_until(b'\n', &mut text).ok()? == 0 {
                // A quote was open at the end of the file.
                record.is_broken = true;
                return (at == At::Quoted).then_some(record);
            }
            self.line += 1;
            let bare = text.strip_suffix(b"\n").unwrap_or(&text);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            if bare.is_empty() && at == At::Start && !self.keeps_blanks {
                record.line = self.line + 1;
                continue;
            }
            for byte in bare {
                at = match (at, *byte) {
                    (At::Start | At::Closed, b'"') | (At::Quoted, 0..b'"' | b'#'..) => At::Quoted,
                    (At::Quoted, b'"') => At::Closed,
                    (At::Start | At::Plain | At::Closed, b) if b == self.delimiter => {
                        record.columns += 1;
                        At::Start
                    }
                    (At::Closed, _) => {
                        record.is_broken = true;
                        At::Plain
                    }
                    (At::Start | At::Plain, _) => At::Plain,
                };
            }
            if at != At::Quoted {
                return Some(record);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        file
    }

    #[test]
    fn the_first_line_that_does_not_fit_is_found() {
        let columns = |line, expected, found| {
            let wrong = Wrong::Columns { expected, found };
            Some(Ragged { line, wrong })
        };
        let quote = |line| {
            let wrong = Wrong::Quote;
            Some(Ragged { line, wrong })
        };
        for (text, expected) in [
            ("a,b\n1,2\n3,4\n", None),
            ("a,b\r\n1,2\r\n\r\n3,4", None),
            ("a,b\n1,2\n3,4,5,6\n", columns(3, 2, 4)),
            ("a;b;c\n1;2;3\n\n3;4\n", columns(4, 3, 2)),
            ("a\tb\n1\t2\n3\n", columns(3, 2, 1)),
            // A comma in quotes, a line break, and a quote that is doubled.
            (
                "a,b\n1,\"2,3\"\n1,\"2\n3\"\n1,\"2\"\"3\"\n4\n",
                columns(6, 2, 1),
            ),
            ("a,b\n1,\"2\n3,4\n5,6\n", quote(2)),
            ("a,b\n1,\"2\n3,\"4\"\n", quote(2)),
            ("a,b\n1,\"2\"x\n", quote(2)),
            // A quote within a text is a part of it.
            ("a,b\n1,2\"x\n", None),
            ("a\n1\n\n\"1,2\"\n", None),
            ("a\n1\n1,2\n", columns(3, 1, 2)),
            ("", None),
        ] {
            assert_eq!(first(file(text).path()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_begins_in_a_line() {
        let text = "a,b\n1,\"2\n3\"\n\n4,5\n6,\"7\n";
        let file = file(text);
        let lines: Vec<_> = (1..=4).map(|row| line_of(file.path(), row)).collect();
        assert_eq!(lines, [Some(2), Some(5), None, None]);
    }
}
