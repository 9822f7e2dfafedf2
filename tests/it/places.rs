//! An error names its own place: in no case does one point to an item as a whole, or to its name, that is not about just that.

use crate::cases;
use segc::diag::Severity;
use std::collections::BTreeSet;
use std::path::Path;

/// Codes about an item's name, or about something that is not there and so has no place of its own.
const ABOUT_THE_ITEM: &[(&str, &str)] = &[
    ("S0102", "a key is missing"),
    ("S0104", "the name"),
    ("S0105", "the name"),
    ("S0116", "a template in a name"),
    ("S0171", "the name"),
    ("S0301", "no entity is named"),
    ("S0315", "the name"),
    ("S0322", "the name"),
    ("S0340", "the kind of key that a split draws by lot"),
];

#[test]
fn an_error_does_not_point_to_the_item_that_it_is_in() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut problems, mut met) = (Vec::new(), BTreeSet::new());
    let mut errors = 0;
    for entry in std::fs::read_dir(root).expect("cases can be read") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy().into_owned();
        if name == "base" {
            continue;
        }
        let dir = cases::lay_out(&name);
        let case = cases::read(dir.path());
        for error in case.diags.iter().filter(|d| d.severity == Severity::Error) {
            let Some(place) = error.labels.first().map(|l| l.span) else {
                continue;
            };
            errors += 1;
            let file = case.sources.get(place.file).expect("it was read");
            let (before, at) = file.text.split_at(place.start as usize);
            let line = before.rsplit('\n').next().unwrap_or_default();
            let whole = at.trim_start_matches(['{', ' ']).starts_with("name:");
            let is_name = line.trim_end_matches(['"', '\'']).ends_with("name: ");
            if !whole && !is_name {
                continue;
            }
            let id = error.code.id;
            met.insert(id);
            if !ABOUT_THE_ITEM.iter().any(|(known, _)| *known == id) {
                problems.push(format!("{name}: {id} {}", error.message));
            }
        }
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
    assert!(errors > 300, "{errors} errors in all cases");
    let unmet: Vec<_> = ABOUT_THE_ITEM
        .iter()
        .filter(|(id, _)| !met.contains(id))
        .collect();
    assert!(unmet.is_empty(), "excused for nothing: {unmet:?}");
}
