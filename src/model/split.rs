//! Splits become segments: an arm is who is in the segment that is split and in the arm's buckets (`language.md` §7).

use super::outlet::{Published, outlet};
use super::segments::{Resolved, SegmentUses, push, reason, text};
use super::world::World;
use super::{EntityId, Predicate, Segment, SegmentKind, Upkeep, bucket, holdout};
use crate::diag::Diagnostics;
use crate::spec::{Name, Spec, SplitSpec};

/// The entity of what is split, where it can be told: that of the segment or group that the chain of splits ends in.
pub(super) fn entity_of(split: &SplitSpec, spec: &Spec, world: &World) -> Option<EntityId> {
    let mut of = &split.of;
    let mut written: Option<&Name> = None;
    // A circle of splits is reported where references are ordered.
    for _ in 0..=spec.splits.len() {
        let item = of.value.split('.').next().unwrap_or_default();
        if let Some(inner) = spec.splits.iter().find(|s| s.item.name.value == item) {
            written = inner.audience.entity.as_ref();
            of = &inner.of;
        } else {
            let segment = spec.segments.iter().find(|s| s.item.name.value == item);
            let group = spec.groups.iter().find(|g| g.item.name.value == item);
            written = segment
                .and_then(|s| s.entity.as_ref())
                .or_else(|| group.and_then(|g| g.entity.as_ref()));
            break;
        }
        if written.is_some() {
            break;
        }
    }
    let at = world
        .entities
        .iter()
        .position(|e| Some(&e.entity.name) == written.map(|w| &w.value))?;
    Some(EntityId(u32::try_from(at).unwrap_or(u32::MAX)))
}

/// Resolves a split into its arms.
pub(super) fn split(
    spec: &SplitSpec,
    entity: EntityId,
    world: &World,
    out: &mut Resolved,
    diags: &mut Diagnostics,
) {
    let audience = &spec.audience;
    let published = Published {
        expose: &audience.expose,
        channels: &audience.channels,
    };
    let outlet = outlet(&published, entity, world, diags);
    let of = out.names.require(&spec.of, entity, world, diags);
    // An arm is reached as what is split would be.
    let reached = of.and_then(|of| out.segments.get(of.index()));
    let reaches = !outlet.channels.is_empty() || reached.is_some_and(|s| s.held_out);
    let held_out = holdout::applies(audience.holdout.as_ref(), reaches, entity, world, diags);
    let canonical = out.canonical.len();
    out.canonical.push(spec.item.canonical.clone());
    let mut first = 0;
    let mut hashable = true;
    for (name, share) in &spec.arms {
        let drawn = match world.entity(entity) {
            // Said once for all arms.
            Some(info) if hashable => bucket::within(
                &info.entity,
                &spec.salt.value,
                first,
                share.value,
                spec.item.name.span,
                diags,
            ),
            Some(_) | None => None,
        };
        hashable = drawn.is_some();
        first += share.value.parts();
        let predicate = match (of, drawn) {
            (Some(of), Some(drawn)) => {
                Predicate::All(vec![Predicate::Segment(of), Predicate::Leaf(drawn)])
            }
            (None, _) | (_, None) => Predicate::Constant(false),
        };
        let segment = Segment {
            name: format!("{}.{}", spec.item.name.value, name.value),
            kind: SegmentKind::Arm,
            entity,
            predicate,
            expose: outlet.expose.clone(),
            channels: outlet.channels.clone(),
            suppressed: audience.suppress.value,
            held_out,
            title: text(audience.title.as_ref()),
            description: text(spec.item.description.as_ref()),
            owner: text(spec.item.owner.as_ref()),
            tags: spec.item.tags.iter().map(|t| t.value.clone()).collect(),
            action: text(audience.action.as_ref()),
            kpi: text(audience.kpi.as_ref()),
            expires_on: None,
            enabled: audience.enabled,
            upkeep: Upkeep::of(
                &audience.upkeep,
                reason(audience.suppress_reason.as_ref()),
                Some(&name.value),
            ),
            definition_hash: String::new(),
            parts: Vec::new(),
            references: of.into_iter().collect(),
            traits: outlet.traits.clone(),
            span: name.span,
        };
        let uses = SegmentUses {
            canonical: (canonical, Some(name.value.clone())),
            relations: Vec::new(),
        };
        push(out, segment, uses);
    }
}
