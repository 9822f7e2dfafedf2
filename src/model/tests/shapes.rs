//! Repeated items.

use super::*;

#[test]
fn a_copy_s_hash_is_its_own() {
    let hashes = |values: &str| -> Vec<(String, String)> {
        let model = good(&format!(
            "segments:\n  - name: s_{{{{ c }}}}\n    for_each: {{c: {values}}}\n    where: country = {{{{ c }}}}\n"
        ));
        let of = |s: &crate::model::Segment| (s.name.clone(), s.definition_hash.clone());
        model.segments.iter().map(of).collect()
    };
    let two = hashes("[US, CA]");
    assert_eq!(two.len(), 2);
    assert!(two[0].1 != two[1].1);
    assert_eq!(hashes("[US, CA, GB]")[..2], two[..]);
    // The value is a part of the definition, its letters' case too.
    assert_ne!(hashes("[us, CA]")[0].1, two[0].1);
}
