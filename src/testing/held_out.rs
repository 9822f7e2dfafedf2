//! `held_out:` of a test: the keys whom the project holds out in it. Lots would take people out of tests at random, so in a test
//! nobody else is held out.

use super::value::{self, Clock};
use super::{Context, Given, canon, expect, given};
use crate::diag::codes::model::NO_HOLDOUT;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::Literal;
use crate::model::{EntityId, Model, holdout};
use crate::spec::test::TestSpec;

/// Puts the keys of a test in the place of the lots. What is wrong with them is [`check`]'s to say.
pub(super) fn put(test: &TestSpec, model: &mut Model) {
    let Some(entity) = holdout::entity(model).and_then(|id| model.entities.get(id.index())) else {
        return;
    };
    let named = test.held_out.iter().flat_map(|(keys, _)| keys);
    let keys: Vec<Literal> = named
        .filter_map(|key| value::of_node(key, &entity.key_type, clock(model)).ok())
        .collect();
    holdout::hold_out(model, &keys);
}

/// Reports keys that nobody has; false after an error. `about` is the entity of the test.
pub(super) fn check(
    test: &TestSpec,
    cx: &Context<'_>,
    rows: &Given,
    about: EntityId,
    diags: &mut Diagnostics,
) -> bool {
    let Some((keys, span)) = &test.held_out else {
        return true;
    };
    let model = cx.model;
    let id = holdout::entity(model).filter(|id| *id == about);
    let Some(entity) = id.and_then(|id| model.entities.get(id.index())) else {
        let who = model.entities.get(about.index());
        let who = who.map_or("", |e| e.name.as_str());
        diags.push(
            Diagnostic::error(&NO_HOLDOUT, format!("nobody of `{who}` is held out"))
                .at(*span, "the project has no holdout of them")
                .help("remove this line, or add `holdout: {share: 5%, salt: …}` to segc.yml"),
        );
        return false;
    };
    let known = expect::keys_given(entity, model, rows);
    let (name, key) = (&entity.name, &entity.key);
    let mut good = true;
    for node in keys {
        let wrong = match value::of_node(node, &entity.key_type, clock(model)) {
            Ok(value) => {
                let text = canon::literal(&value);
                (!known.contains(&text)).then(|| expect::not_given(name, key, &text, node.span))
            }
            Err(misfit) => Some(given::wrong_value(key, &entity.key_type, misfit, node.span)),
        };
        good &= wrong.is_none();
        wrong.into_iter().for_each(|d| diags.push(d));
    }
    good
}

fn clock(model: &Model) -> Clock<'_> {
    Clock {
        as_of: model.as_of,
        zone: &model.time_zone,
        local: &model.time_zone,
    }
}
