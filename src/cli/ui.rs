//! What a command says, and where: data to stdout, everything else to stderr.
//!
//! Colours go to terminals only. A reader that went away (`segc ls | head -1`) is no error.

use super::Exit;
use crate::diag::plain;
use crate::diag::render::{Format, render, summary};
use crate::diag::{Diagnostics, Severity};
use crate::secret::Secrets;
use crate::source::SourceMap;
use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use serde::Serialize;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

/// How status lines on stderr are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DiagFormat {
    Text,
    Json,
    Github,
    Sarif,
    /// Results of tests; only `segc test` knows it. What else is to say is text.
    #[value(skip)]
    Junit,
}

impl From<DiagFormat> for Format {
    fn from(format: DiagFormat) -> Self {
        match format {
            DiagFormat::Text | DiagFormat::Junit => Self::Text,
            DiagFormat::Json => Self::Json,
            DiagFormat::Github => Self::Github,
            DiagFormat::Sarif => Self::Sarif,
        }
    }
}

/// The two streams of a command.
#[derive(Clone, Debug, Default)]
pub struct Ui {
    pub quiet: bool,
    pub no_color: bool,
    pub log_format: LogFormat,
    /// What is hidden in everything that is written.
    pub secrets: Arc<Mutex<Secrets>>,
}

#[derive(Serialize)]
struct LogLine<'a> {
    level: &'a str,
    message: &'a str,
}

impl Ui {
    /// From now on, these are hidden.
    pub fn keep_secret(&self, secrets: &Secrets) {
        let kept = self.secrets.lock();
        kept.unwrap_or_else(PoisonError::into_inner).extend(secrets);
    }

    /// The text without secrets.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let kept = self.secrets.lock();
        kept.unwrap_or_else(PoisonError::into_inner).hide(text)
    }

    fn choice(&self) -> ColorChoice {
        if self.no_color {
            ColorChoice::Never
        } else {
            ColorChoice::Auto
        }
    }

    /// Writes a command's result as it is: for machines.
    ///
    /// # Errors
    /// The exit with which to stop: the reader went away, or the disk is full.
    pub fn data(&self, text: &str) -> Result<(), Exit> {
        let mut out = AutoStream::new(std::io::stdout().lock(), self.choice());
        let text = self.hide(text);
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|e| {
            if e.kind() == std::io::ErrorKind::BrokenPipe {
                return Exit::Fine;
            }
            self.problem(&format!("cannot write to stdout: {e}"));
            Exit::CouldNotRun
        })
    }

    /// Writes a result for people: what was read somewhere steers nobody's terminal.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn page(&self, text: &str) -> Result<(), Exit> {
        self.data(&plain::page(text))
    }

    /// Says what is going on, unless told to be quiet.
    pub fn status(&self, text: &str) {
        if !self.quiet {
            self.log("info", text);
        }
    }

    /// Says what went wrong where there is no diagnostic for it.
    pub fn problem(&self, text: &str) {
        self.log("error", text);
    }

    /// Says something that has colours and line ends of its own.
    pub fn told(&self, text: &str) {
        self.stderr(&plain::page(text));
    }

    fn log(&self, level: &str, text: &str) {
        let line = match self.log_format {
            LogFormat::Text if level == "error" => format!("error: {}\n", plain::page(text)),
            LogFormat::Text => format!("{}\n", plain::page(text)),
            LogFormat::Json => {
                let mut line = serde_json::to_string(&LogLine {
                    level,
                    message: text,
                })
                .expect("strings are JSON");
                line.push('\n');
                line
            }
        };
        self.stderr(&line);
    }

    /// Whether the terminal's locale is one without ✓: a locale is named, and it is not UTF-8.
    #[must_use]
    pub fn ascii(&self) -> bool {
        let named = ["LC_ALL", "LC_CTYPE", "LANG"]
            .iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        named.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            !locale.contains("utf-8") && !locale.contains("utf8")
        })
    }

    /// Whether progress may be drawn.
    #[must_use]
    pub fn draws_progress(&self) -> bool {
        use std::io::IsTerminal as _;
        !self.quiet && self.log_format == LogFormat::Text && std::io::stderr().is_terminal()
    }

    /// Prints the diagnostics: text to stderr; a format for machines to stdout where the command has no other data there.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn diagnostics(
        &self,
        diags: &Diagnostics,
        sources: &SourceMap,
        prefix: &str,
        format: DiagFormat,
        stdout_is_free: bool,
    ) -> Result<(), Exit> {
        let format = match (format, self.log_format) {
            (DiagFormat::Text | DiagFormat::Junit, LogFormat::Json) => DiagFormat::Json,
            (DiagFormat::Junit, LogFormat::Text) => DiagFormat::Text,
            (format, LogFormat::Json | LogFormat::Text) => format,
        };
        let shown = if self.quiet { &errors_of(diags) } else { diags };
        if format == DiagFormat::Text {
            self.stderr(&render(Format::Text, shown, sources, prefix));
            let summary = summary(shown);
            if !summary.is_empty() {
                self.stderr(&format!("{summary}\n"));
            }
            return Ok(());
        }
        let text = render(format.into(), shown, sources, prefix);
        if stdout_is_free && self.log_format == LogFormat::Text {
            self.data(&text)
        } else {
            self.stderr(&text);
            Ok(())
        }
    }

    fn stderr(&self, text: &str) {
        let mut err = AutoStream::new(std::io::stderr().lock(), self.choice());
        // There is nowhere left to say that this failed.
        let _ = err.write_all(self.hide(text).as_bytes());
    }
}

fn errors_of(diags: &Diagnostics) -> Diagnostics {
    let mut errors = Diagnostics::default();
    for d in diags.iter().filter(|d| d.severity == Severity::Error) {
        errors.push(d.clone());
    }
    errors
}
