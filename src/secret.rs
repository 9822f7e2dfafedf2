//! Values that nobody may see: they come out of the environment and of settings, and whoever writes something hides them in it.
//! A [`Secret`] cannot be printed, compared or serialised; only the connection that it is for takes it out.

use crate::diag::plain;
use std::fmt;

/// Shorter texts are no secrets: hiding them would make holes in everything.
const SHORTEST: usize = 6;
const HIDDEN: &str = "«secret»";

/// A password, a token, a key.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: only for what connects.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// The secrets of a run.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    pub fn add(&mut self, secret: Secret) {
        self.0.push(secret);
    }

    pub fn extend(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// Whether one of them stands in a text as it is.
    #[must_use]
    pub fn stand_in(&self, text: &str) -> bool {
        let secrets = self.0.iter().map(Secret::reveal);
        secrets.filter(|s| !s.is_empty()).any(|s| text.contains(s))
    }

    /// The text without any of them, however they are escaped in it.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let mut forms: Vec<String> = Vec::new();
        for Secret(secret) in &self.0 {
            // Of a key with several lines, each is one.
            for part in std::iter::once(secret.as_str()).chain(secret.lines()) {
                let part = part.trim();
                if part.len() < SHORTEST {
                    continue;
                }
                let json = serde_json::to_string(part).unwrap_or_default();
                forms.push(part.to_owned());
                forms.push(json.trim_matches('"').to_owned());
                forms.push(part.replace('%', "%25"));
                forms.push(plain::escape(part));
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        let mut text = text.to_owned();
        for form in &forms {
            if text.contains(form.as_str()) {
                text = text.replace(form.as_str(), HIDDEN);
            }
        }
        text
    }
}

/// Whether an environment variable holds a secret by its name, as dbt has it.
#[must_use]
pub fn is_variable(name: &str) -> bool {
    name.starts_with("DBT_ENV_SECRET") || name.starts_with("SEGC_ENV_SECRET")
}

/// Whether the value of a setting is a secret.
#[must_use]
pub fn is_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    [
        "password",
        "passphrase",
        "passwd",
        "pass",
        "token",
        "secret",
        "private_key",
        "credentials",
        "keyfile_json",
        "api_key",
        "access_key",
    ]
    .iter()
    .any(|end| key.ends_with(end))
}

/// The secrets that stand in a text of settings, whether or not it can be read as YAML.
#[must_use]
pub fn written(text: &str) -> Secrets {
    let mut found = Secrets::default();
    let lines: Vec<&str> = text.lines().collect();
    for (n, line) in lines.iter().enumerate() {
        for (at, _) in line.match_indices(':') {
            let (before, after) = (line.get(..at), line.get(at + 1..));
            let (before, after) = (before.unwrap_or(""), after.unwrap_or(""));
            let word = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'));
            let name = before.trim_end_matches(['"', '\'', ' ']);
            let start = name.rfind(word).map_or(0, |i| {
                i + name
                    .get(i..)
                    .and_then(|s| s.chars().next())
                    .map_or(1, char::len_utf8)
            });
            if !is_key(name.get(start..).unwrap_or("")) {
                continue;
            }
            let value = after.trim();
            if value.starts_with(['|', '>']) || value.is_empty() {
                let indent = |l: &str| l.len() - l.trim_start().len();
                let below = lines.iter().skip(n + 1);
                for line in below.take_while(|l| l.trim().is_empty() || indent(l) > indent(line)) {
                    found.add(Secret::new(line.trim()));
                }
            } else {
                found.add(Secret::new(scalar(value, before.contains('{'))));
            }
        }
    }
    found
}

/// A value on one line, without what stands behind it.
fn scalar(value: &str, in_flow: bool) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest
                .rfind(quote)
                .and_then(|end| rest.get(..end))
                .unwrap_or(rest);
        }
    }
    let value = value.split(" #").next().unwrap_or(value);
    let end: &[char] = if in_flow { &[',', '}'] } else { &[] };
    value.split(end).next().unwrap_or(value).trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_cannot_be_printed() {
        let mut secrets = Secrets::default();
        secrets.add(Secret::new("hunter2secret"));
        assert_eq!(format!("{secrets:?}"), "Secrets([«secret»])");
        assert_eq!(format!("{:#?}", Secret::new("hunter2secret")), "«secret»");
    }

    #[test]
    fn secrets_are_hidden_however_they_are_escaped() {
        let mut secrets = Secrets::default();
        secrets.add(Secret::new("pa%ss\"wörd\\\nsecond line"));
        secrets.add(Secret::new("short"));
        for text in [
            "pa%ss\"wörd\\",
            "pa%25ss\"wörd\\",
            "pa%ss\\\"wörd\\\\",
            "second line",
            "pa%ss\"wörd\\\nsecond line",
            "pa%ss\\\"wörd\\\\\\nsecond line",
        ] {
            let hidden = secrets.hide(&format!("a {text} b"));
            assert!(
                !hidden.contains("ss") && !hidden.contains("second"),
                "{hidden}"
            );
            assert!(
                hidden.starts_with("a «secret»") && hidden.ends_with(" b"),
                "{hidden}"
            );
        }
        assert_eq!(secrets.hide("short"), "short");
    }

    #[test]
    fn secrets_are_found_in_settings_that_no_yaml_reader_takes() {
        let secrets = written(
            "targets:\n  a: {type: x, password: hunter2one, user: anna}\n  b:\n    token: \"hunter2 two: #3\" # why\n    \
             private-key: |\n      BEGIN KEY\n      hunter2three\n    user: bernd\n\t api_key: 'hunter2four\n    pass: hunter2five # x\n",
        );
        let hidden = secrets.hide(
            "hunter2one anna, hunter2 two: #3 why, BEGIN KEY hunter2three bernd, hunter2four hunter2five x",
        );
        assert_eq!(
            hidden,
            "«secret» anna, «secret» why, «secret» «secret» bernd, «secret» «secret» x"
        );
        assert!(is_key("DB_PASSWORD") && !is_key("private_key_path") && !is_key("user"));
    }
}
