//! Removes what retired segments have left: their views, and those of channels that a segment has no more; of an entity that has
//! left the project its traits and channels; on request the history. A segment that has left the project and was not retired yet is left alone: its stays are open.

use super::owners::{Owner, owner};
use super::{Change, stages};
use crate::build::published::{LastRun, entity_name};
use crate::build::{Kind, Policy, Published, Stage};
use crate::dialect::Dialect;
use crate::model::Model;
use crate::statements::{Named, Past, Statements};
use std::collections::BTreeSet;

/// What retired segments have left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Views, by name.
    pub views: Vec<String>,
    /// Tables of traits and of channels of entities that have left the project: what they hold of people is of no use any more.
    pub tables: Vec<String>,
    /// Entity → segments that may have a history.
    pub retired: Vec<(String, Vec<String>)>,
}

/// Looks for it.
#[must_use]
pub fn left(model: &Model, policy: &Policy, published: &Published) -> Left {
    let prunable = |relation: &&String| {
        let of_segc = (published.comments.get(*relation)).is_some_and(|c| c.starts_with("segc:"));
        of_segc
            && match owner(relation, model, policy, published) {
                Owner::Retired(_) | Owner::NoChannel(_) => true,
                Owner::Project | Owner::Staging(_) | Owner::Nobody | Owner::Foreign => false,
            }
    };
    let back = |l: &LastRun| {
        let same =
            |s: &crate::model::Segment| s.name == l.segment && entity_name(model, s) == l.entity;
        model.segments.iter().any(|s| s.enabled && same(s))
    };
    let mut retired: Vec<(String, Vec<String>)> = Vec::new();
    for last in published.segments.iter().filter(|l| l.retired && !back(l)) {
        if !published.has(&policy.names().of(&last.entity, "history")) {
            continue;
        }
        match retired
            .iter_mut()
            .find(|(entity, _)| *entity == last.entity)
        {
            Some((_, segments)) => segments.push(last.segment.clone()),
            None => retired.push((last.entity.clone(), vec![last.segment.clone()])),
        }
    }
    let mut views: Vec<String> = (published.relations.keys())
        .filter(prunable)
        .cloned()
        .collect();
    let mut tables = Vec::new();
    for entity in gone(model, published) {
        let wide = policy.names().of(entity, "wide");
        let of_segc = published
            .comments
            .get(&wide)
            .is_some_and(|c| c.starts_with("segc:"));
        views.extend(of_segc.then_some(wide));
        let own = ["traits", "channels"].map(|what| policy.names().of(entity, what));
        let keyed = |name: &String| published.column_type(name, "entity_key").is_some();
        tables.extend(own.into_iter().filter(keyed));
    }
    Left {
        views,
        tables,
        retired,
    }
}

/// Entities of the ledger that the project has no more, and whose segments are all retired.
fn gone<'a>(model: &Model, published: &'a Published) -> BTreeSet<&'a str> {
    let known = |name: &str| model.entities.iter().any(|e| e.name == name);
    let live = |name: &str| (published.segments.iter()).any(|l| l.entity == name && !l.retired);
    let entities = published.segments.iter().map(|l| l.entity.as_str());
    entities
        .filter(|name| !known(name) && !live(name))
        .collect()
}

fn past(statements: &Statements<'_>, policy: &Policy, entity: &str, segments: &[String]) -> Past {
    Past {
        history: statements.relation(&policy.schema, &policy.names().of(entity, "history")),
        segments: segments.iter().map(|s| statements.text(s)).collect(),
    }
}

impl Left {
    /// Queries of the retired segments that have a history: entity, query.
    #[must_use]
    pub fn histories(&self, policy: &Policy, dialect: &dyn Dialect) -> Vec<(String, String)> {
        let statements = Statements::new(dialect);
        let query = |(entity, segments): &(String, Vec<String>)| {
            let context = past(&statements, policy, entity, segments);
            (
                entity.clone(),
                statements.render("pruned_history", &context),
            )
        };
        self.retired.iter().map(query).collect()
    }

    /// In words, a line each.
    #[must_use]
    pub fn words(&self, history: bool) -> Vec<String> {
        let views = self.views.iter().map(|view| format!("view `{view}`"));
        let of = |(entity, segments): &(String, Vec<String>)| {
            let named: Vec<String> = segments.iter().map(|s| format!("`{s}`")).collect();
            format!("the history of {} of {entity}", named.join(", "))
        };
        let tables = self.tables.iter().map(|table| format!("table `{table}`"));
        let retired = self.retired.iter().filter(|_| history).map(of);
        views.chain(tables).chain(retired).collect()
    }

    /// The stages that remove it.
    #[must_use]
    pub fn stages(
        &self,
        model: &Model,
        policy: &Policy,
        published: &Published,
        history: bool,
        finished_at: jiff::Timestamp,
        dialect: &dyn Dialect,
    ) -> Vec<Stage> {
        let statements = Statements::new(dialect);
        let drop = |name: &String, template: &str| Stage {
            kind: Kind::Drop,
            subject: name.clone(),
            sql: vec![statements.render(
                template,
                &Named {
                    table: statements.relation(&policy.schema, name),
                },
            )],
        };
        let erase = |(entity, segments): &(String, Vec<String>)| Stage {
            kind: Kind::Erase,
            subject: policy.names().of(entity, "history"),
            sql: vec![statements.render(
                "prune_history",
                &past(&statements, policy, entity, segments),
            )],
        };
        let views = self.views.iter().map(|name| drop(name, "drop_view"));
        let tables = self.tables.iter().map(|name| drop(name, "drop_table"));
        let changed = views.chain(tables);
        let change = Change {
            staged: Vec::new(),
            changed: changed
                .chain(self.retired.iter().filter(|_| history).map(erase))
                .collect(),
            same_members: true,
            message: statements.text(&format!("prune: {}", self.words(history).join(", "))),
        };
        stages(&statements, model, policy, published, finished_at, change)
    }
}
