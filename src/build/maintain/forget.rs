//! Erases people: from members, history, traits and channels of their entity, with counts in the ledger and keys nowhere.

use super::{Change, stages};
use crate::build::stage::ROWS_PER_STATEMENT;
use crate::build::{Assertion, Kind, Policy, Published, Stage, staging_name};
use crate::dialect::Dialect;
use crate::expr::Type;
use crate::model::Model;
use crate::statements::{Erasure, Pair, Sql, Statements};

/// A key, and the line that it was given on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub line: usize,
    pub key: String,
}

/// Whom to erase, and from where.
pub struct Forget<'a> {
    statements: Statements<'a>,
    policy: &'a Policy,
    entity: &'a str,
    given: &'a [Given],
    context: Erasure,
}

/// The type of an entity's published keys, as the warehouse names it.
#[must_use]
pub fn key_type<'a>(policy: &Policy, published: &'a Published, entity: &str) -> Option<&'a str> {
    published.column_type(&policy.names().of(entity, "members"), "entity_key")
}

impl<'a> Forget<'a> {
    #[must_use]
    pub fn new(
        policy: &'a Policy,
        published: &Published,
        entity: &'a str,
        given: &'a [Given],
        dialect: &'a dyn Dialect,
    ) -> Self {
        let statements = Statements::new(dialect);
        let names = policy.names();
        let relation = |name: &str| statements.relation(&policy.schema, name);
        let tables = ["members", "history", "traits", "channels"]
            .map(|what| names.of(entity, what))
            .into_iter()
            .filter(|name| published.has(name))
            .map(|name| Pair {
                sql: relation(&name),
                name: statements.text(&name),
            });
        let context = Erasure {
            entity: statements.text(entity),
            keys: statements.staging(&policy.schema, &staging_name(policy, "_keys")),
            key_type: Sql(key_type(policy, published, entity)
                .unwrap_or_default()
                .to_owned()),
            given: Vec::new(),
            counts: statements.staging(&policy.schema, &staging_name(policy, "_forgotten")),
            tables: tables.collect(),
            members: relation(&names.of(entity, "members")),
            catalog: relation(&names.catalog()),
            text: statements.ty(&Type::String),
        };
        Self {
            statements,
            policy,
            entity,
            given,
            context,
        }
    }

    /// The template once for every few keys.
    fn chunks(&self, template: &str) -> Vec<String> {
        let chunk = |given: &[Given]| {
            let pair = |g: &Given| Pair {
                name: Sql(g.line.to_string()),
                sql: self.statements.text(&g.key),
            };
            let context = Erasure {
                given: given.iter().map(pair).collect(),
                ..self.context.clone()
            };
            self.statements.render(template, &context)
        };
        self.given.chunks(ROWS_PER_STATEMENT).map(chunk).collect()
    }

    /// Queries of the lines whose text is no key of the entity's type.
    #[must_use]
    pub fn unreadable(&self) -> Vec<String> {
        self.chunks("forget_unreadable")
    }

    /// The stages that erase them, once every key is readable.
    #[must_use]
    pub fn stages(
        &self,
        model: &Model,
        published: &Published,
        finished_at: jiff::Timestamp,
    ) -> Vec<Stage> {
        let render = |template: &str| self.statements.render(template, &self.context);
        let stage = |kind: Kind, sql: Vec<String>| Stage {
            kind,
            subject: self.entity.to_owned(),
            sql,
        };
        let mut keys = vec![render("forget_keys")];
        keys.extend(self.chunks("forget_keys_rows"));
        let each = |pair: &Pair| {
            let context = Erasure {
                tables: vec![pair.clone()],
                ..self.context.clone()
            };
            self.statements.render("forget_rows", &context)
        };
        let change = Change {
            staged: vec![
                stage(Kind::StageKeys, keys),
                stage(Kind::Count, vec![render("forget_counts")]),
            ],
            changed: vec![
                stage(Kind::Erase, self.context.tables.iter().map(each).collect()),
                stage(Kind::Count, vec![render("forget_catalog")]),
                stage(
                    Kind::Assert(Assertion::Forgotten),
                    vec![render("assert_forgotten")],
                ),
            ],
            same_members: false,
            message: Sql(render("forget_message")),
        };
        stages(
            &self.statements,
            model,
            self.policy,
            published,
            finished_at,
            change,
        )
    }
}
