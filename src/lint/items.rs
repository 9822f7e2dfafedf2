//! What items say about themselves: words for people, dates, what they publish and refer to.

use super::{Checked, item_of, logic};
use crate::diag::codes::lint as codes;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::model::calendar;
use crate::source::Spanned;
use crate::spec::{Condition, Item, Name, SegmentSpec, UpkeepSpec};
use jiff::civil::Date;

pub(super) fn check(project: &Checked<'_>, diags: &mut Diagnostics) {
    let spec = project.spec;
    for found in &spec.segments {
        words(&found.item, found.action.is_some(), "segment", diags);
        untested(project, &found.item, "segment", diags);
        expired(project, found, diags);
        review(project, &found.item, &found.upkeep, diags);
        channels(
            project,
            &found.item,
            found.suppress.value,
            &found.channels,
            diags,
        );
        disabled(project, &found.condition, diags);
    }
    for found in &spec.splits {
        words(&found.item, found.audience.action.is_some(), "split", diags);
        review(project, &found.item, &found.audience.upkeep, diags);
        let audience = &found.audience;
        channels(
            project,
            &found.item,
            audience.suppress.value,
            &audience.channels,
            diags,
        );
        refers(project, &found.of, diags);
    }
    for found in &spec.groups {
        review(project, &found.item, &found.upkeep, diags);
        words(&found.item, found.action.is_some(), "group", diags);
        untested(project, &found.item, "group", diags);
        channels(
            project,
            &found.item,
            found.suppress.value,
            &found.channels,
            diags,
        );
        for case in &found.cases {
            disabled(project, &case.condition, diags);
        }
    }
    for found in &spec.traits {
        if found.item.description.is_none() {
            missing(
                &codes::NO_DESCRIPTION,
                &found.item,
                "trait",
                "description",
                diags,
            );
        }
    }
    for entity in &spec.entities {
        for condition in &entity.suppress {
            disabled(project, condition, diags);
        }
    }
}

fn words(item: &Item, action: bool, what: &str, diags: &mut Diagnostics) {
    if item.description.is_none() {
        missing(&codes::NO_DESCRIPTION, item, what, "description", diags);
    }
    if item.owner.is_none() {
        missing(&codes::NO_OWNER, item, what, "owner", diags);
    }
    if !action {
        missing(&codes::NO_ACTION, item, what, "action", diags);
    }
}

fn untested(project: &Checked<'_>, item: &Item, what: &str, diags: &mut Diagnostics) {
    if !project.tested.contains(item.name.value.as_str()) {
        missing(&codes::NO_TEST, item, what, "test", diags);
    }
}

fn missing(code: &'static Code, item: &Item, what: &str, key: &str, diags: &mut Diagnostics) {
    diags.push(
        Diagnostic::warning(code, format!("{what} `{}` has no {key}", item.name.value))
            .at(item.name.span, format!("no {key}"))
            .help(if key == "test" {
                "write one under `tests:`".to_owned()
            } else {
                format!("add `{key}:`")
            }),
    );
}

/// The day on which a segment expired.
fn past<'a>(project: &Checked<'_>, spec: &'a SegmentSpec) -> Option<&'a Spanned<Date>> {
    spec.expires_on
        .as_ref()
        .filter(|day| day.value <= project.today)
}

fn expired(project: &Checked<'_>, spec: &SegmentSpec, diags: &mut Diagnostics) {
    if let Some(day) = past(project, spec)
        && spec.enabled
    {
        diags.push(
            Diagnostic::warning(
                &codes::EXPIRED,
                format!("segment `{}` has expired", spec.item.name.value),
            )
            .at(
                day.span,
                format!("today, as of `as_of`, is {}", project.today),
            )
            .help("remove the segment, set `enabled: false`, or move the date"),
        );
    }
}

/// A review that should have been.
fn review(project: &Checked<'_>, item: &Item, upkeep: &UpkeepSpec, diags: &mut Diagnostics) {
    let Some(every) = &upkeep.review_every else {
        return;
    };
    let diagnostic = Diagnostic::warning(
        &codes::REVIEW_OVERDUE,
        format!("`{}` should be reviewed", item.name.value),
    );
    let diagnostic = match &upkeep.reviewed_on {
        None => diagnostic.at(every.span, "and no `reviewed_on:` says when it last was"),
        Some(last) => {
            let (count, unit) = (i64::from(every.value.count), every.value.unit);
            // An interval of hours is over by the next day.
            let due = if unit.is_elapsed() {
                last.value.tomorrow().ok()
            } else {
                calendar::shift_date(last.value, count, unit)
            };
            let Some(due) = due.filter(|due| *due < project.today) else {
                return;
            };
            diagnostic
                .at(last.span, format!("the next review was due on {due}"))
                .at(every.span, "so often")
        }
    };
    diags.push(diagnostic.help("look at it again and write down the date in `reviewed_on:`"));
}

/// Channels of an entity that suppresses nobody.
fn channels(
    project: &Checked<'_>,
    item: &Item,
    suppress: bool,
    channels: &[Name],
    diags: &mut Diagnostics,
) {
    let entity = project.entities.get(item.name.value.as_str());
    if let (Some(first), Some(entity), true) = (channels.first(), entity, suppress)
        && entity.suppress.is_empty()
        && entity.suppressors.is_empty()
    {
        diags.push(
            Diagnostic::warning(
                &codes::NO_SUPPRESSION,
                format!(
                    "`{}` uses a channel, and nobody is suppressed",
                    item.name.value
                ),
            )
            .at(first.span, "who opted out would be reached")
            .at(entity.item.name.span, "no `suppress:` on this entity")
            .help("say under `suppress:` of the entity who must never be published"),
        );
    }
}

fn disabled(project: &Checked<'_>, condition: &Condition, diags: &mut Diagnostics) {
    for name in logic::names(condition) {
        refers(project, name, diags);
    }
}

fn refers(project: &Checked<'_>, name: &Name, diags: &mut Diagnostics) {
    let item = item_of(name);
    let decides = |what: &str| {
        let words = format!("`{}` {what}, and still decides here", name.value);
        Diagnostic::warning(&codes::DISABLED_REFERENCE, words)
            .at(name.span, "its definition is put in here")
    };
    let segment = project.segment(item);
    if let Some(day) = segment.filter(|s| s.enabled).and_then(|s| past(project, s)) {
        let found = decides("has expired").at(day.span, "since this day");
        diags.push(found.help("move that day, or write here what is meant"));
        return;
    }
    let segment = segment.map(|s| (&s.item, s.enabled));
    let group = || project.group(item).map(|g| (&g.item, g.enabled));
    if let Some((item, false)) = segment.or_else(group) {
        let found = decides("is disabled").at(item.name.span, "`enabled: false`");
        diags.push(found.help("enable it, or write here what is meant"));
    }
}
