//! Shares such as `45%`: hundredths of a percent, so that they mean the same in every warehouse.

use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::Node;
use crate::yaml::decode::Reader;

/// A share of everybody, in parts of [`Share::WHOLE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    /// The parts that make 100 %.
    pub const WHOLE: u32 = 10_000;

    /// A number of percent, from 1 to 100.
    #[must_use]
    pub const fn percent(percent: u32) -> Self {
        Self(percent * (Self::WHOLE / 100))
    }

    /// In parts of [`Share::WHOLE`], from 1 to all of them.
    #[must_use]
    pub fn parts(self) -> u32 {
        self.0
    }
}

/// As it is written: `45%`, `33.33%`.
impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        match (rest, rest % 10) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", rest / 10),
            (_, _) => write!(f, "{whole}.{rest:02}%"),
        }
    }
}

/// `45%`: more than nothing, at most everybody.
pub(super) fn share(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<Share>> {
    const EXPECTED: &str = "a share such as `45%`";
    let text = r.scalar(node, EXPECTED)?;
    match parse(&text) {
        Ok(share) => Some(Spanned::new(share, text.span)),
        Err(hint) => {
            r.diags.push(
                Diagnostic::error(
                    &codes::BAD_SHARE,
                    format!("expected {EXPECTED}, found `{}`", text.value),
                )
                .at(text.span, "a number and `%`")
                .help(hint),
            );
            None
        }
    }
}

fn parse(text: &str) -> Result<Share, String> {
    let Some(number) = text.trim().strip_suffix('%') else {
        return Err(match text.trim().parse::<f64>() {
            Ok(number) => format!("did you mean `{number}%`?"),
            Err(_) => "write a number from 0.01 to 100 and `%`".to_owned(),
        });
    };
    let (whole, rest) = number
        .trim()
        .split_once('.')
        .unwrap_or((number.trim(), "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) {
        return Err("write a number from 0.01 to 100 and `%`".to_owned());
    }
    let rest = rest.trim_end_matches('0');
    if rest.len() > 2 {
        return Err("shares are counted in hundredths of a percent: two decimals".to_owned());
    }
    let parts = whole
        .parse::<u32>()
        .ok()
        .zip(format!("{rest:0<2}").parse::<u32>().ok())
        .and_then(|(whole, rest)| whole.checked_mul(100)?.checked_add(rest));
    match parts {
        Some(0) => Err("a share of nobody says nothing: leave it out".to_owned()),
        Some(parts) if parts <= Share::WHOLE => Ok(Share(parts)),
        Some(_) | None => Err("100% is everybody".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_to_the_hundredth_of_a_percent() {
        let parts = |text: &str| parse(text).map(Share::parts).map_err(|_| ());
        for (text, expected) in [
            ("45%", Ok(4500)),
            (" 5 % ", Ok(500)),
            ("33.33%", Ok(3333)),
            ("0.5%", Ok(50)),
            ("0.01%", Ok(1)),
            ("10.500%", Ok(1050)),
            ("100%", Ok(10_000)),
            ("0%", Err(())),
            ("0.005%", Err(())),
            ("100.01%", Err(())),
            ("99999999999%", Err(())),
            ("-5%", Err(())),
            ("1e1%", Err(())),
            ("%", Err(())),
            (".5%", Err(())),
            ("5.%", Err(())),
            ("45", Err(())),
            ("½%", Err(())),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
        for text in ["45%", "33.33%", "0.5%", "0.01%", "10.05%", "100%"] {
            let share = parse(text).expect("a share");
            assert_eq!(share.to_string(), text);
        }
    }
}
