//! Traits, segments and groups.

use super::names::unique;
use super::{
    CaseSpec, Condition, GroupSpec, Item, Name, SegmentSpec, TraitSpec, TraitValue, UpkeepSpec,
    condition, item, keys, native, population, upkeep, window,
};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// One of `traits:`.
pub(super) fn a_trait(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<TraitSpec> {
    let entity = entity(r, f);
    let default = match f.get("default") {
        Some(node) => r.sql(node, "a SQL literal").map(Some),
        None => Some(None),
    };
    let value = match f.chosen() {
        Some((key, node)) if key.value == "sql" => sql(r, f, key, node),
        Some((key, node)) if keys::POPULATIONS.iter().any(|k| k.name == key.value) => {
            let typed = no_type(r, f, key);
            let value = population::of_trait(r, f, key, node).map(TraitValue::Population);
            typed.and(value)
        }
        Some((key, _)) => {
            let typed = no_type(r, f, key);
            let value = condition::aggregate(r, f).map(TraitValue::Aggregate);
            typed.and(value).filter(|_| compares_nobody(r, f, key))
        }
        None => None,
    };
    Some(TraitSpec {
        item,
        entity: entity?,
        value: value?,
        default: default?,
    })
}

fn sql(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &Spanned<String>,
    node: &Node,
) -> Option<TraitValue> {
    let value = if matches!(node.kind, NodeKind::Map(_)) {
        TraitValue::Native(native::native(r, f, key, node)?)
    } else {
        no_type(r, f, key)?;
        TraitValue::Sql(r.sql(node, "an expression")?)
    };
    if !compares_nobody(r, f, key) {
        return None;
    }
    // What else an aggregate has would not be obeyed.
    for other in [
        "of", "where", "within", "before", "between", "since", "until", "during",
    ] {
        if let Some(other) = f.key(other) {
            r.diags.push(
                Diagnostic::error(
                    &codes::CONFLICT,
                    format!("`{}` belongs to an aggregate, not to `sql`", other.value),
                )
                .at(other.span, "this one")
                .at(key.span, "and this one")
                .help("say it in the expression: `sum(orders.total) filter (where …)`"),
            );
            return None;
        }
    }
    Some(value)
}

/// `type:` is for SQL of a warehouse's own; any other value has its type.
fn no_type(r: &mut Reader<'_>, f: &Fields<'_>, value: &Spanned<String>) -> Option<()> {
    let Some(ty) = f.key("type") else {
        return Some(());
    };
    r.diags.push(
        Diagnostic::error(&codes::CONFLICT, "the type of this value is its own")
            .at(ty.span, "this one")
            .at(value.span, "and this one")
            .help("leave `type` out, or convert the value: `cast(x as string)`"),
    );
    None
}

/// No key that only ranks and population statistics obey.
fn compares_nobody(r: &mut Reader<'_>, f: &Fields<'_>, key: &Spanned<String>) -> bool {
    let mut good = true;
    for other in population::OF_POPULATIONS.iter().filter_map(|o| f.key(o)) {
        let help = "`among`, `per`, `order` and `ties` belong to `rank`, `percentile`, `ntile` and `population`";
        population::foreign(r, other, key, help);
        good = false;
    }
    good
}

/// One of `segments:`.
pub(super) fn segment(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<SegmentSpec> {
    let condition = f.get("where").and_then(|n| condition::condition(r, n));
    let expires_on = match f.get("expires_on") {
        Some(node) => window::date(r, node).map(Some),
        None => Some(None),
    };
    let audience = audience(r, f, &item.name);
    let (audience, condition) = (audience?, condition?);
    Some(SegmentSpec {
        item,
        entity: audience.entity,
        title: audience.title,
        condition,
        expose: audience.expose,
        channels: audience.channels,
        action: audience.action,
        kpi: audience.kpi,
        suppress: audience.suppress,
        suppress_reason: audience.suppress_reason,
        holdout: audience.holdout,
        expires_on: expires_on?,
        enabled: audience.enabled,
        upkeep: audience.upkeep,
    })
}

/// One of `groups:`.
pub(super) fn group(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<GroupSpec> {
    let cases = f.get("cases").map(|node| {
        let items = r.filled_list(node, "a list of cases");
        let cases: Vec<Option<CaseSpec>> = items.iter().map(|n| case(r, n)).collect();
        cases
    });
    let otherwise = match f.get("otherwise") {
        Some(node) => r
            .text_as(node, "the name of a segment")
            .and_then(|name| item::is_name(r, name))
            .map(Some),
        None => Some(None),
    };
    if let Some(cases) = &cases {
        let cases = cases.iter().flatten().map(|c| (&c.name, "a case"));
        let otherwise = otherwise.iter().flatten().map(|n| (n, "`otherwise`"));
        unique(cases.chain(otherwise), r.diags);
    }
    let audience = audience(r, f, &item.name);
    let cases: Vec<CaseSpec> = cases?.into_iter().collect::<Option<_>>()?;
    let audience = audience?;
    if cases.is_empty() {
        return None;
    }
    Some(GroupSpec {
        item,
        entity: audience.entity,
        title: audience.title,
        cases,
        otherwise: otherwise?,
        expose: audience.expose,
        channels: audience.channels,
        action: audience.action,
        kpi: audience.kpi,
        suppress: audience.suppress,
        suppress_reason: audience.suppress_reason,
        holdout: audience.holdout,
        enabled: audience.enabled,
        upkeep: audience.upkeep,
    })
}

fn case(r: &mut Reader<'_>, node: &Node) -> Option<CaseSpec> {
    let f = r.fields(node, &keys::CASE)?;
    let name = item::name(r, &f);
    let title = f.get("title").and_then(|n| r.text(n));
    let description = f.get("description").and_then(|n| r.text(n));
    let condition: Option<Condition> = f.get("where").and_then(|n| condition::condition(r, n));
    Some(CaseSpec {
        name: name?,
        title,
        description,
        condition: condition?,
        span: node.span,
    })
}

/// What segments, groups and splits share.
#[derive(Clone, Debug)]
pub struct Audience {
    pub entity: Option<Name>,
    pub title: Option<Spanned<String>>,
    pub expose: Vec<Name>,
    pub channels: Vec<Name>,
    pub action: Option<Spanned<String>>,
    pub kpi: Option<Spanned<String>>,
    pub suppress: Spanned<bool>,
    pub suppress_reason: Option<Spanned<String>>,
    /// Whether the project's holdout is left out; None where that is not said.
    pub holdout: Option<Spanned<bool>>,
    pub enabled: bool,
    pub upkeep: UpkeepSpec,
}

pub(super) fn audience(r: &mut Reader<'_>, f: &Fields<'_>, name: &Name) -> Option<Audience> {
    let mut text = |key: &str| f.get(key).and_then(|n| r.text(n));
    let (title, action, kpi) = (text("title"), text("action"), text("kpi"));
    let suppress_reason = text("suppress_reason");
    let entity = entity(r, f);
    let expose = f.get("expose").map(|n| {
        if let NodeKind::List(items) = &n.kind {
            let names: Vec<Name> = items
                .iter()
                .filter_map(|n| r.name_as(n, "a column"))
                .collect();
            return names;
        }
        r.texts(n, "a list of columns")
    });
    let channels = f.get("channels").map(|n| r.texts(n, "a list of channels"));
    let flag = |r: &mut Reader<'_>, key: &str| match f.get(key) {
        Some(node) => r.bool(node).map(Some),
        None => Some(None),
    };
    let (suppress, enabled) = (flag(r, "suppress"), flag(r, "enabled"));
    let holdout = flag(r, "holdout");
    let upkeep = upkeep::upkeep(r, f);
    let (suppress, holdout) = (suppress?, holdout?);
    let answered = [
        (
            "suppress",
            "suppress_reason",
            suppress,
            &codes::SUPPRESS_REASON,
        ),
        ("holdout", "holdout_reason", holdout, &codes::HOLDOUT_REASON),
    ]
    .map(|(key, why, flag, code)| {
        let unanswered = flag.is_some_and(|f| !f.value) && f.get(why).is_none();
        if let (true, Some(at)) = (unanswered, f.key(key)) {
            r.diags.push(
                Diagnostic::error(code, format!("`{key}: false` needs a `{why}`"))
                    .at(at.span, "nobody is left out here")
                    .help(format!(
                        "add `{why}:` and say why these people may be published"
                    )),
            );
        }
        !unanswered
    });
    if answered.contains(&false) {
        return None;
    }
    Some(Audience {
        entity: entity?,
        title,
        expose: expose.unwrap_or_default(),
        channels: channels.unwrap_or_default(),
        action,
        kpi,
        suppress: suppress.unwrap_or(Spanned::new(true, name.span)),
        suppress_reason,
        holdout,
        enabled: enabled?.is_none_or(|e| e.value),
        upkeep: upkeep?,
    })
}

/// `entity:`; the inner `Option` is "none written".
pub(super) fn entity(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<Name>> {
    match f.get("entity") {
        Some(node) => r.text_as(node, "an entity").map(Some),
        None => Some(None),
    }
}
