//! What is declared and named nowhere.
//!
//! By words: whatever has the name in any expression or reference counts as a use, so a thing that is used is never reported.

use super::Checked;
use crate::diag::codes::lint as codes;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::{Item, LookupSpec, Name};
use serde_json::Value;
use std::collections::HashMap;

pub(super) fn check(project: &Checked<'_>, diags: &mut Diagnostics) {
    let spec = project.spec;
    let mut used = Uses::default();
    for item in project.items() {
        let owner = item.name.value.as_str();
        // A list refers to nothing.
        if spec.lists.iter().any(|l| l.item.name == item.name) {
            continue;
        }
        match spec.entities.iter().find(|e| e.item.name == item.name) {
            None => used.add(owner, &item.canonical, &[]),
            // Of a declaration, only what refers to others.
            Some(entity) => {
                used.add(owner, &item.canonical, &["suppress", "channels"]);
                for relation in &entity.relations {
                    used.add(&relation.name, &relation.canonical, &["where", "via"]);
                }
            }
        }
    }
    for found in &spec.traits {
        let Item { name, .. } = &found.item;
        used.or_say(&codes::UNUSED_TRAIT, "trait", name, OWN, diags);
    }
    for found in &spec.lists {
        used.or_say(&codes::UNUSED_LIST, "list", &found.item.name, OWN, diags);
    }
    for entity in &spec.entities {
        let whose = format!(
            "`allow:` and a reason on entity `{}`, for all of it",
            entity.item.name.value
        );
        lookups(&entity.lookups, &used, &whose, diags);
        for relation in &entity.relations {
            used.or_say(
                &codes::UNUSED_RELATION,
                "relation",
                &relation.name,
                &whose,
                diags,
            );
            lookups(&relation.lookups, &used, &whose, diags);
        }
    }
}

/// How an item says that it is kept.
const OWN: &str = "`allow:` and a reason";

fn lookups(of: &[LookupSpec], used: &Uses<'_>, keep: &str, diags: &mut Diagnostics) {
    for lookup in of {
        used.or_say(&codes::UNUSED_LOOKUP, "lookup", &lookup.name, keep, diags);
        lookups(&lookup.lookups, used, keep, diags);
    }
}

/// Which items have a word, in the order in which they were read.
#[derive(Default)]
struct Uses<'a> {
    by: HashMap<String, Vec<&'a str>>,
}

impl<'a> Uses<'a> {
    /// The words of an item; of some of its keys, if any are named.
    fn add(&mut self, owner: &'a str, canonical: &str, keys: &[&str]) {
        if keys.is_empty() {
            return self.words(owner, canonical);
        }
        match serde_json::from_str::<Value>(canonical) {
            Ok(Value::Object(map)) => {
                for value in keys.iter().filter_map(|key| map.get(*key)) {
                    self.words(owner, &value.to_string());
                }
            }
            Ok(_) | Err(_) => self.words(owner, canonical),
        }
    }

    fn words(&mut self, owner: &'a str, text: &str) {
        for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
            let word = word.to_lowercase();
            match self.by.get_mut(&word) {
                Some(owners) if owners.last() == Some(&owner) => {}
                Some(owners) => owners.push(owner),
                None => {
                    self.by.insert(word, vec![owner]);
                }
            }
        }
    }

    /// Reports what no other item has.
    fn or_say(
        &self,
        code: &'static Code,
        what: &str,
        name: &Name,
        keep: &str,
        diags: &mut Diagnostics,
    ) {
        let owners = self.by.get(&name.value);
        if owners.is_some_and(|o| o.iter().any(|owner| *owner != name.value)) {
            return;
        }
        diags.push(
            Diagnostic::warning(code, format!("{what} `{}` is not used", name.value))
                .at(name.span, "named nowhere else")
                .help(format!("remove it, or keep it with {keep}")),
        );
    }
}
