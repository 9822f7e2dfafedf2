//! Entities with their relations and lookups.

use super::names::unique;
use super::{
    AcrossSpec, EntitySpec, Item, LookupSpec, Name, RelationSpec, ValidSpec, item, keys, settings,
    suppress, table, window,
};
use crate::diag::Diagnostic;
use crate::diag::codes::spec as codes;
use crate::snippet::Snippet;
use crate::source::Spanned;
use crate::yaml::decode::{Fields, Reader};
use crate::yaml::{Node, NodeKind};

/// One of `entities:`.
pub(super) fn entity(r: &mut Reader<'_>, f: &Fields<'_>, item: Item) -> Option<EntitySpec> {
    let from = f.get("table").and_then(|n| table::table(r, n));
    let key = f.get("key").and_then(|n| r.text_as(n, "the key's column"));
    let columns = table::columns(r, f.get("columns"));
    let valid = valid(r, f);
    let suppress = suppress::suppress(r, f);
    let channels = channels(r, f);
    let lookups = lookups(r, f);
    let relations = relations(r, f);
    if let (Some(lookups), Some(relations)) = (&lookups, &relations) {
        let relations = relations.iter().map(|x| (&x.name, "a relation"));
        let lookups = lookups.iter().map(|x| (&x.name, "a lookup"));
        unique(relations.chain(lookups), r.diags);
    }
    let (suppress, suppressors) = suppress?;
    Some(EntitySpec {
        item,
        table: from?,
        key: key?,
        columns,
        valid: valid?,
        suppress,
        suppressors,
        channels: channels?,
        lookups: lookups?,
        relations: relations?,
    })
}

/// `valid:`; the inner `Option` is "none written".
fn valid(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<ValidSpec>> {
    let Some(node) = f.get("valid") else {
        return Some(None);
    };
    let f = r.fields(node, &keys::VALID)?;
    let from = f.get("from").and_then(|n| r.text_as(n, "a column"));
    let to = f.get("to").and_then(|n| r.text_as(n, "a column"));
    let time_zone = f.get("time_zone").map(|n| time_zone(r, n));
    Some(Some(ValidSpec {
        from: from?,
        to: to?,
        time_zone: match time_zone {
            Some(zone) => Some(zone?),
            None => None,
        },
    }))
}

fn channels(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Vec<(Name, Snippet)>> {
    let Some(node) = f.get("channels") else {
        return Some(Vec::new());
    };
    let entries = r.entries(node, "a map of channels and their conditions");
    let mut whole = matches!(node.kind, NodeKind::Map(_));
    let mut out = Vec::new();
    for (name, value) in entries {
        let name = item::is_name(r, name.clone());
        match (name, r.sql(value, "a SQL condition")) {
            (Some(name), Some(condition)) => out.push((name, condition)),
            (_, _) => whole = false,
        }
    }
    whole.then_some(out)
}

/// The maps of a list, each opened and read; nothing if one of them could not be.
fn each<T>(
    r: &mut Reader<'_>,
    f: &Fields<'_>,
    key: &'static str,
    read: fn(&mut Reader<'_>, &Node) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(node) = f.get(key) else {
        return Some(Vec::new());
    };
    let items = r.list(node, &format!("a list of {key}"));
    let read: Vec<Option<T>> = items.iter().map(|n| read(r, n)).collect();
    read.into_iter()
        .collect::<Option<Vec<T>>>()
        .filter(|_| matches!(node.kind, NodeKind::List(_)))
}

fn lookups(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Vec<LookupSpec>> {
    let lookups = each(r, f, "lookups", lookup)?;
    unique(lookups.iter().map(|x| (&x.name, "a lookup")), r.diags);
    Some(lookups)
}

fn lookup(r: &mut Reader<'_>, node: &Node) -> Option<LookupSpec> {
    let f = r.fields(node, &keys::LOOKUP)?;
    let name = item::name(r, &f);
    let from = f.get("table").and_then(|n| table::table(r, n));
    let on = f.get("on").and_then(|n| table::on(r, n));
    let columns = table::columns(r, f.get("columns"));
    let lookups = lookups(r, &f);
    Some(LookupSpec {
        name: name?,
        table: from?,
        on: on?,
        columns,
        lookups: lookups?,
        span: f.span,
    })
}

fn relations(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Vec<RelationSpec>> {
    each(r, f, "relations", relation)
}

fn relation(r: &mut Reader<'_>, node: &Node) -> Option<RelationSpec> {
    let f = r.fields(node, &keys::RELATION)?;
    let name = item::name(r, &f);
    let from = f.get("table").and_then(|n| table::table(r, n));
    let on = f.get("on").and_then(|n| table::on(r, n));
    let key = f
        .get("key")
        .map(|n| r.one_or_more(n, "a column or a list of them"))
        .unwrap_or_default();
    let time = f.get("time").and_then(|n| r.text_as(n, "a column"));
    let via = f.get("via").and_then(|n| r.text_as(n, "a relation"));
    let time_zone = f.get("time_zone").and_then(|n| time_zone(r, n));
    let filter = f.get("where").map(|n| r.sqls(n)).unwrap_or_default();
    let kept_for = match f.get("kept_for") {
        Some(node) => window::duration(r, node).map(|d| Some(Spanned::new(d, node.span))),
        None => Some(None),
    };
    let future = match f.get("future") {
        Some(node) => r.bool(node),
        None => Some(Spanned::new(false, f.span)),
    };
    let columns = table::columns(r, f.get("columns"));
    let lookups = lookups(r, &f);
    let across = across(r, &f);
    // A value that is there but was not read would make another relation of it.
    let whole = f.get("where").is_some() != filter.is_empty()
        && f.get("time").is_some() == time.is_some()
        && f.get("via").is_some() == via.is_some()
        && f.get("time_zone").is_some() == time_zone.is_some();
    if !whole {
        return None;
    }
    Some(RelationSpec {
        name: name?,
        table: from?,
        via,
        on: on?,
        key,
        time,
        time_zone,
        filter,
        across: across?,
        future: future?,
        kept_for: kept_for?,
        columns,
        lookups: lookups?,
        span: node.span,
        canonical: item::canonical_item(node, r.vars()),
    })
}

/// `entity:` and `to:` of a relation; the inner `Option` is "none written".
fn across(r: &mut Reader<'_>, f: &Fields<'_>) -> Option<Option<AcrossSpec>> {
    let entity = f.get("entity").map(|n| r.name_as(n, "an entity"));
    let to = f.get("to").map(|n| r.text_as(n, "a column"));
    match (entity, f.key("to")) {
        (Some(entity), _) => Some(Some(AcrossSpec {
            entity: entity?,
            to: match to {
                Some(to) => Some(to?),
                None => None,
            },
        })),
        (None, Some(key)) => {
            r.diags.push(
                Diagnostic::error(&codes::MISSING_KEY, "`to` needs `entity`")
                    .at(key.span, "a column that points to what?")
                    .help("add `entity:` with the entity whose key this column holds"),
            );
            None
        }
        (None, None) => Some(None),
    }
}

/// A time zone that there is.
pub(super) fn time_zone(r: &mut Reader<'_>, node: &Node) -> Option<Spanned<String>> {
    let name = r.text_as(node, "a time zone such as `Europe/Paris`")?;
    if settings::zone(&name).is_some() {
        return Some(name);
    }
    let near = settings::near_zone(&name);
    let diagnostic = Diagnostic::error(
        &codes::UNKNOWN_TIME_ZONE,
        format!("unknown time zone `{}`", name.value),
    )
    .at(name.span, "no IANA name");
    r.diags.push(match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("IANA names are like `America/New_York`, `Europe/Paris`, `UTC`"),
    });
    None
}
