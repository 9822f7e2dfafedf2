//! The text of published views, and the fingerprint by which a view is known to be up to date: it changes only when the
//! view's columns (or their types) do.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::published::{LastRun, entity_name};
use super::tables::{flat, view_columns};
use super::{EntityTables, Kind, Policy, Published, Stage, hex};
use crate::model::{Entity, Model, Segment};
use crate::statements::{Ledger, Pair, SegmentView, Sql, Statements, View};

/// Makes the stages of views that are missing or out of date.
pub(super) struct Views<'a> {
    pub(super) statements: &'a Statements<'a>,
    pub(super) policy: &'a Policy,
    pub(super) published: &'a Published,
}

impl Views<'_> {
    /// The view of published segments.
    pub(super) fn segments(&self, ledger: &Ledger) -> Option<Stage> {
        let text = self.statements.render("view_segments", ledger);
        self.ensure(&self.policy.names().segments(), text, "")
    }

    /// The view of entries and exits.
    pub(super) fn changes(&self, entity: &str, tables: &EntityTables) -> Option<Stage> {
        let text = self.statements.render("view_changes", tables);
        self.ensure(&self.policy.names().of(entity, "changes"), text, "")
    }

    /// The views of a segment: all members, and those reachable on each of its channels. `types` are those of the
    /// published traits table.
    pub(super) fn segment(
        &self,
        model: &Model,
        entity: &Entity,
        segment: &Segment,
        tables: &EntityTables,
        types: &dyn Fn(&str) -> String,
    ) -> Vec<Stage> {
        let columns = view_columns(model, entity, segment);
        let seen: Vec<String> = columns.iter().map(|(_, source)| types(source)).collect();
        let seen = seen.join("\n");
        let mut context = SegmentView {
            segment: self.statements.text(&segment.name),
            key: self.statements.name(&entity.key),
            columns: columns
                .iter()
                .map(|(name, source)| Pair {
                    name: self.statements.name(name),
                    sql: self.statements.name(source),
                })
                .collect(),
            members: tables.members.clone(),
            traits: tables.traits.clone(),
            channels: tables.channels.clone(),
            channel: None,
        };
        let names = self.policy.names();
        let text = self.statements.render("view_segment", &context);
        let mut stages: Vec<Stage> = self
            .ensure(&names.segment(&segment.name), text, &seen)
            .into_iter()
            .collect();
        for channel in segment
            .channels
            .iter()
            .filter_map(|c| entity.channels.get(*c))
        {
            context.channel = Some(self.statements.text(&channel.name));
            let text = self.statements.render("view_segment", &context);
            stages.extend(self.ensure(&names.channel(&segment.name, &channel.name), text, &seen));
        }
        stages
    }

    /// The wide view over all segments of an entity that are published once this run is over, by name: a project in another
    /// order, or a run of some of them, makes the same text.
    pub(super) fn wide(&self, model: &Model, entity: &str, tables: &EntityTables) -> Option<Stage> {
        let gone = self.published.gone(model, self.policy);
        let stays = self.live(entity).filter(|l| !gone.contains(l));
        let built = self.policy.selected(model);
        let built = built.filter(|s| entity_name(model, s) == entity);
        let names = stays.map(|l| &l.segment).chain(built.map(|s| &s.name));
        self.wide_of(entity, names, tables)
    }

    /// The wide view over what is published, where it was made and is not there, or is there without segc's fingerprint. Another
    /// fingerprint is that of an earlier run: the project has changed since.
    pub(super) fn wide_again(
        &self,
        model: &Model,
        entity: &str,
        tables: &EntityTables,
    ) -> Option<Stage> {
        let names = self.policy.names();
        let hash = self.policy.project_hash(model);
        let wrong = if self.published.has(&names.of(entity, "wide")) {
            !self.is_marked(&names.of(entity, "wide"))
        } else {
            // Whoever switched it on, or off and on again, has to build first.
            self.live(entity).any(|l| l.project_hash == hash)
        };
        let readable = ["members", "traits"]
            .iter()
            .all(|what| self.published.has(&names.of(entity, what)));
        let shown = self.live(entity).map(|l| &l.segment);
        (wrong && readable)
            .then(|| self.wide_of(entity, shown, tables))
            .flatten()
    }

    /// What is published of an entity.
    fn live(&self, entity: &str) -> impl Iterator<Item = &LastRun> {
        let segments = self.published.segments.iter();
        segments.filter(move |l| l.entity == entity && !l.retired)
    }

    fn is_marked(&self, view: &str) -> bool {
        let comment = self.published.comments.get(view);
        comment.is_some_and(|c| c.starts_with("segc:"))
    }

    /// Of two names that would be one column, the last one counts.
    fn wide_of<'a>(
        &self,
        entity: &str,
        segments: impl Iterator<Item = &'a String>,
        tables: &EntityTables,
    ) -> Option<Stage> {
        let columns: BTreeMap<String, &String> =
            segments.map(|s| (flat(s).to_lowercase(), s)).collect();
        let context = SegmentView {
            segment: self.statements.text(""),
            key: self.statements.name("entity_key"),
            columns: columns
                .into_values()
                .map(|s| Pair {
                    name: self.statements.name(&flat(s)),
                    sql: self.statements.text(s),
                })
                .collect(),
            members: tables.members.clone(),
            traits: tables.traits.clone(),
            channels: tables.channels.clone(),
            channel: None,
        };
        let text = self.statements.render("view_wide", &context);
        self.ensure(&self.policy.names().of(entity, "wide"), text, "")
    }

    /// None where the view is as it should be.
    fn ensure(&self, name: &str, text: String, types: &str) -> Option<Stage> {
        let digest = hex(&Sha256::digest(format!("{text}\n{types}")));
        let comment = format!("segc:{}", digest.get(..16).unwrap_or(&digest));
        if self.published.comments.get(name) == Some(&comment) {
            return None;
        }
        let context = View {
            view: self.statements.relation(&self.policy.schema, name),
            select: Sql(text),
            comment: self.statements.text(&comment),
        };
        Some(Stage {
            kind: Kind::EnsureView,
            subject: name.to_owned(),
            // Where a view is made with its comment there is no second statement.
            sql: ["create_view", "comment_view"]
                .map(|template| self.statements.render(template, &context))
                .into_iter()
                .filter(|sql| !sql.is_empty())
                .collect(),
        })
    }
}
