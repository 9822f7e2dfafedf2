//! The project's holdout: a segment of its own, `holdout`, drawn as the arm of a split is, whose people other segments leave out
//! of what they publish.

use super::segments::{Resolved, SegmentUses, entity_of, push};
use super::world::World;
use super::{EntityExpr, EntityId, Model, Predicate, Segment, SegmentKind, Upkeep, bucket, split};
use crate::diag::codes::model::{NO_HOLDOUT, SAME_SALT};
use crate::diag::codes::spec::DUPLICATE_NAME;
use crate::diag::{Diagnostic, Diagnostics};
use crate::expr::{Expr, Func, Literal, Type};
use crate::source::{At, Spanned};
use crate::spec::{HoldoutSpec, Settings, Spec};

/// The name that it is published under and referred to by.
pub const NAME: &str = "holdout";

/// Draws whom the project holds out, if it does; before any segment is resolved. `true` where `out` got its segment.
pub(super) fn resolve(
    settings: &Settings,
    spec: &Spec,
    world: &mut World,
    out: &mut Resolved,
    diags: &mut Diagnostics,
) -> bool {
    let Some(written) = &settings.holdout else {
        return false;
    };
    let at = written
        .entity
        .as_ref()
        .map_or(written.span, |name| name.span);
    let Some(entity) = entity_of(written.entity.as_ref(), at, world, diags) else {
        return false;
    };
    taken(written, spec, diags);
    same_lots(written, entity, spec, world, diags);
    let drawn = world.entity(entity).and_then(|info| {
        let (share, salt) = (written.share.value, &written.salt.value);
        bucket::within(&info.entity, salt, 0, share, written.span, diags)
    });
    let predicate = drawn.map_or(Predicate::Constant(false), Predicate::Leaf);
    let who = world
        .entity(entity)
        .map_or_else(String::new, |info| info.entity.name.clone());
    if let Some(info) = world.entities.get_mut(entity.index()) {
        info.entity.holdout = Some(predicate.clone());
    }
    out.names.announce(NAME, Some(entity));
    let uses = SegmentUses {
        canonical: (out.canonical.len(), None),
        relations: Vec::new(),
    };
    out.canonical.push(written.canonical.clone());
    let segment = Segment {
        name: NAME.to_owned(),
        kind: SegmentKind::Holdout,
        entity,
        predicate,
        expose: Vec::new(),
        channels: Vec::new(),
        suppressed: true,
        held_out: false,
        title: Some("Holdout".to_owned()),
        description: Some(format!(
            "{} of all rows of {who}, drawn by lot: segments with channels leave them out.",
            written.share.value
        )),
        owner: None,
        tags: Vec::new(),
        action: None,
        kpi: None,
        expires_on: None,
        enabled: true,
        upkeep: Upkeep::default(),
        definition_hash: String::new(),
        parts: Vec::new(),
        references: Vec::new(),
        traits: Vec::new(),
        span: written.span,
    };
    push(out, segment, uses);
    true
}

/// Whose rows are held out, if any.
#[must_use]
pub fn entity(model: &Model) -> Option<EntityId> {
    let found = model
        .segments
        .iter()
        .find(|s| s.kind == SegmentKind::Holdout);
    found.map(|s| s.entity)
}

/// Holds out those who have one of these keys, and nobody else.
pub fn hold_out(model: &mut Model, keys: &[Literal]) {
    let Some(found) = model
        .segments
        .iter_mut()
        .find(|s| s.kind == SegmentKind::Holdout)
    else {
        return;
    };
    let Some(entity) = model.entities.get_mut(found.entity.index()) else {
        return;
    };
    let (at, ty) = (At(found.span), entity.key_type.clone());
    let keys = keys
        .iter()
        .map(|key| Expr::literal(key.clone(), ty.clone(), at));
    let own = bucket::key(entity, at);
    let args: Vec<EntityExpr> = std::iter::once(own).chain(keys).collect();
    let predicate = if args.len() > 1 {
        Predicate::Leaf(Expr::call(Func::In, args, Type::Boolean, at))
    } else {
        Predicate::Constant(false)
    };
    found.predicate = predicate.clone();
    entity.holdout = Some(predicate);
}

/// Nothing else may be called so.
fn taken(written: &HoldoutSpec, spec: &Spec, diags: &mut Diagnostics) {
    let items = spec.entities.iter().map(|e| &e.item);
    let items = items
        .chain(spec.traits.iter().map(|t| &t.item))
        .chain(spec.segments.iter().map(|s| &s.item))
        .chain(spec.groups.iter().map(|g| &g.item))
        .chain(spec.splits.iter().map(|s| &s.item))
        .chain(spec.lists.iter().map(|l| &l.item));
    for item in items.filter(|item| item.name.value == NAME) {
        diags.push(
            Diagnostic::error(
                &DUPLICATE_NAME,
                format!("`{NAME}` is the segment of those whom the project holds out"),
            )
            .at(item.name.span, "again here")
            .at(written.span, "first here")
            .help("rename this one: a name means one thing in a project"),
        );
    }
}

/// Whether a segment leaves out who is held out; `by_default` where it does not say.
pub(super) fn applies(
    written: Option<&Spanned<bool>>,
    by_default: bool,
    entity: EntityId,
    world: &World,
    diags: &mut Diagnostics,
) -> bool {
    let Some(info) = world.entity(entity) else {
        return false;
    };
    let drawn = info.entity.holdout.is_some();
    match written {
        None => by_default && drawn,
        Some(wanted) if wanted.value && !drawn => {
            let who = &info.entity.name;
            diags.push(
                Diagnostic::error(&NO_HOLDOUT, format!("nobody of `{who}` is held out"))
                    .at(wanted.span, "so nobody would be left out here")
                    .help("add `holdout: {share: 5%, salt: …}` to segc.yml, or remove this line"),
            );
            false
        }
        Some(wanted) => wanted.value,
    }
}

/// A split with the holdout's lots would lose the people of its first arms alone.
fn same_lots(
    written: &HoldoutSpec,
    entity: EntityId,
    spec: &Spec,
    world: &World,
    diags: &mut Diagnostics,
) {
    let splits = spec
        .splits
        .iter()
        .filter(|s| s.salt.value == written.salt.value);
    for found in splits.filter(|s| split::entity_of(s, spec, world).is_none_or(|e| e == entity)) {
        diags.push(
            Diagnostic::error(
                &SAME_SALT,
                format!(
                    "the split `{}` draws the lots of the holdout",
                    found.item.name.value
                ),
            )
            .at(found.salt.span, "the same salt")
            .at(written.salt.span, "as here")
            .help("give the split a salt of its own: else its first arm alone loses people"),
        );
    }
}
