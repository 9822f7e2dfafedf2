//! Which bytes and characters a file may hold: UTF-8, without characters that no one sees.

use crate::diag::codes::yaml as codes;
use crate::diag::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};

/// At most so many of one file's characters are reported.
const MAX_REPORTED: usize = 10;

/// Bytes that are no UTF-8.
#[derive(Clone, Debug)]
pub struct NotUtf8 {
    /// The text with a replacement character for what could not be read: for the source map.
    pub text: String,
    /// Where in `text` the first of them stands.
    pub offset: usize,
    utf16: bool,
}

impl NotUtf8 {
    /// The diagnostic, once the text has a file id.
    #[must_use]
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        let diagnostic = Diagnostic::error(&codes::NOT_UTF8, "the file is not UTF-8 text").at(
            Span::new(file, self.offset, self.offset + '\u{fffd}'.len_utf8()),
            "this byte belongs to no character",
        );
        if self.utf16 {
            diagnostic.help("it looks like UTF-16: save it as UTF-8")
        } else {
            diagnostic.help("save it as UTF-8")
        }
    }
}

/// The bytes of a file as text.
///
/// # Errors
/// Where the bytes are no UTF-8.
pub fn utf8(bytes: Vec<u8>) -> Result<String, NotUtf8> {
    String::from_utf8(bytes).map_err(|e| {
        let offset = e.utf8_error().valid_up_to();
        let bytes = e.into_bytes();
        NotUtf8 {
            text: String::from_utf8_lossy(&bytes).into_owned(),
            offset,
            utf16: bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]),
        }
    })
}

/// Why a character may not stand in a file or in a decoded text, if so.
pub(super) fn refused(c: char) -> Option<&'static str> {
    match c {
        '\t' | '\n' | '\r' => None,
        '\u{0}' => Some("the character NUL"),
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("a bidirectional control character, which makes text read other than it is")
        }
        '\u{2028}' | '\u{2029}' | '\u{85}' => Some("a line break that not all programs see"),
        '\u{feff}' => Some("a byte order mark inside the text"),
        '\u{fffe}' | '\u{ffff}' => Some("a code point that is no character"),
        c if c.is_control() => Some("a control character"),
        _ => None,
    }
}

/// Reports characters that may not stand in a file (a byte order mark at its very start may); true if there are any.
pub(super) fn refuse_characters(file: FileId, text: &str, diags: &mut Diagnostics) -> bool {
    let found = text
        .char_indices()
        .filter(|(at, c)| !(*at == 0 && *c == '\u{feff}'))
        .filter_map(|(at, c)| refused(c).map(|why| (at, c, why)));
    let mut any = false;
    for (at, c, why) in found.take(MAX_REPORTED) {
        any = true;
        diags.push(character(Span::new(file, at, at + c.len_utf8()), c, why));
    }
    any
}

/// The diagnostic of one refused character.
pub(super) fn character(span: Span, c: char, why: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        &codes::REFUSED_CHARACTER,
        format!("the text holds {why}: U+{:04X}", u32::from(c)),
    )
    .at(span, "here");
    if c == '\u{0}' {
        diagnostic.help("is this a text file? save it anew as UTF-8 text")
    } else {
        diagnostic.help("delete it; editors show it when they show invisible characters")
    }
}
