//! Lists: static keys from a file.

use super::{Item, ListSpec, TableSpec};
use crate::yaml::decode::{Fields, Reader};

/// One of `lists:`.
pub(super) fn list(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<ListSpec> {
    let entity = super::segment::entity(r, f);
    let file = f
        .get("file")
        .and_then(|n| r.text_as(n, "a file such as `lists/press.csv`"));
    let key = f.get("key").and_then(|n| r.text_as(n, "the key's column"));
    Some(ListSpec {
        item,
        entity: entity?,
        file: TableSpec::File(file?),
        key: key?,
    })
}
