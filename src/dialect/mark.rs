//! How a script says which of its assertions failed: with a word in the warehouse's message.

const MARK: &str = "segc_failed_";

/// The word of the n-th statement.
#[must_use]
pub fn mark(n: usize) -> String {
    format!("{MARK}{n}")
}

/// The word in a message, with the number of violations where the warehouse tells it.
#[must_use]
pub fn marked(message: &str) -> Option<&str> {
    let found = message.get(message.find(MARK)?..)?;
    let after = found.get(MARK.len()..)?;
    let end = after
        .find(|c: char| !c.is_ascii_digit() && c != '_')
        .unwrap_or(after.len());
    found.get(..MARK.len() + end)
}

/// Which statement it was, and how many violations it has counted.
#[must_use]
pub fn failed(message: &str) -> Option<(usize, Option<u64>)> {
    let numbers = marked(message)?.strip_prefix(MARK)?;
    let mut numbers = numbers.split('_');
    let n = numbers.next()?.parse().ok()?;
    Some((n, numbers.next().and_then(|v| v.parse().ok())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_which_statement_it_was() {
        let of = |message: &str| failed(message);
        assert_eq!(of(&format!("x {}: y", mark(12))), Some((12, None)));
        assert_eq!(
            of("Numeric value 'segc_failed_3_40' is not"),
            Some((3, Some(40)))
        );
        assert_eq!(of("segc_failed_"), None);
        assert_eq!(of("anything else"), None);
    }
}
