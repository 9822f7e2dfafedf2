//! A hand-made project and its queries: customers with a condition `vip`, and perhaps accounts.

use segc::build::Policy;
use segc::emit::{EntityQuery, Role, StageColumn};
use segc::expr::Type;
use segc::ir::Selection;
use segc::model::{
    Channel, Col, Column, Entity, EntityId, Expose, Frame, Model, Predicate, Segment, SegmentId,
    SegmentKind, Size, Slot, Table, TableId, TableSource, Upkeep,
};
use segc::source::{FileId, Span};
use segc::spec::Guards;
use std::collections::BTreeMap;

/// Midnight of the n-th January 2026.
pub(crate) fn at(day: i64) -> jiff::Timestamp {
    let first: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().expect("an instant");
    first + jiff::SignedDuration::from_hours(24 * (day - 1))
}

/// A segment to build.
#[derive(Clone)]
pub(crate) struct Seg {
    pub(crate) name: String,
    flag: String,
    expose: Option<String>,
    channel: Option<usize>,
    suppressed: bool,
    at_least: Option<u32>,
    enabled: bool,
    account: bool,
    renamed_from: Option<String>,
}

/// A segment of customers; its condition is the column `vip`.
pub(crate) fn seg(name: &str) -> Seg {
    Seg {
        name: name.to_owned(),
        flag: "vip".to_owned(),
        expose: None,
        channel: None,
        suppressed: true,
        at_least: None,
        enabled: true,
        account: false,
        renamed_from: None,
    }
}

impl Seg {
    pub(crate) fn flag(mut self, sql: &str) -> Self {
        self.flag = sql.to_owned();
        self
    }

    pub(crate) fn expose(mut self, column: &str) -> Self {
        self.expose = Some(column.to_owned());
        self
    }

    pub(crate) fn channel(mut self, channel: usize) -> Self {
        self.channel = Some(channel);
        self
    }

    pub(crate) fn unsuppressed(mut self) -> Self {
        self.suppressed = false;
        self
    }

    /// `size: {min: …}`
    pub(crate) fn at_least(mut self, members: u32) -> Self {
        self.at_least = Some(members);
        self
    }

    pub(crate) fn renamed_from(mut self, former: &str) -> Self {
        self.renamed_from = Some(former.to_owned());
        self
    }

    pub(crate) fn disabled(mut self) -> Self {
        self.enabled = false;
        self
    }

    pub(crate) fn of_account(mut self, sql: &str) -> Self {
        self.account = true;
        self.flag(sql)
    }
}

/// What a build is told.
pub(crate) struct Shop {
    pub(crate) suppressed: Option<&'static str>,
    /// A query of the keys that a suppression source names.
    pub(crate) suppressor: Option<&'static str>,
    pub(crate) channels: Vec<(&'static str, &'static str)>,
    pub(crate) history: bool,
    pub(crate) wide: bool,
    pub(crate) guards: Guards,
    /// The number of the latest run: `run7`.
    pub(crate) runs: u32,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            suppressed: None,
            suppressor: None,
            channels: Vec::new(),
            history: true,
            wide: false,
            guards: Guards {
                allow_empty: true,
                allow_broad: true,
                min_change: u32::MAX,
                ..Guards::default()
            },
            runs: 0,
        }
    }
}

impl Shop {
    pub(crate) fn policy(&self, model: &Model, names: &[&str], whole: bool) -> Policy {
        let selected = (0u32..)
            .map(SegmentId)
            .zip(&model.segments)
            .filter(|(_, s)| names.contains(&s.name.as_str()))
            .map(|(id, _)| id);
        Policy {
            schema: "segments".to_owned(),
            prefix: String::new(),
            history: self.history,
            wide: self.wide,
            run_id: format!("run{}", self.runs),
            target: "dev".to_owned(),
            as_of: model.as_of,
            started_at: at(1000),
            segc_version: "0.0.0".to_owned(),
            git_sha: None,
            selection_text: None,
            selection: Selection {
                segments: selected.collect(),
                suppressed: self.suppressed.map(|_| EntityId(0)).into_iter().collect(),
                ..Selection::default()
            },
            whole,
            backfill: false,
            guards: self.guards.clone(),
            accepted: BTreeMap::new(),
        }
    }

    pub(crate) fn queries(&self, segments: &[Seg], policy: &Policy) -> Vec<EntityQuery> {
        let mut queries = Vec::new();
        for (n, table, key) in [
            (0, "customers", "customer_id"),
            (1, "accounts", "account_id"),
        ] {
            let mut columns = vec![column("entity_key", Role::Key)];
            let mut sql = format!("SELECT {key} AS entity_key");
            let mut push = |name: &str, text: &str, role: Role| {
                let had = columns.iter().any(|c: &StageColumn| c.name == name);
                if !had {
                    sql.push_str(&format!(", {text} AS \"{name}\""));
                    columns.push(column(name, role));
                }
            };
            let mut asked = false;
            for (i, segment) in (0u32..).zip(segments) {
                let id = SegmentId(i);
                if u32::from(segment.account) != n || !policy.selection.segments.contains(&id) {
                    continue;
                }
                asked = true;
                push(
                    &format!("seg_{}", segment.name),
                    &segment.flag,
                    Role::Segment(id),
                );
                if let Some(name) = &segment.expose {
                    push(name, name, Role::Exposed(col(name)));
                }
            }
            if n == 0 {
                for (i, (name, text)) in self.channels.iter().enumerate().filter(|_| asked) {
                    push(&format!("channel_{name}"), text, Role::Channel(i));
                }
                if let Some(text) = self.suppressed {
                    push("suppressed", text, Role::Suppressed);
                }
            }
            if asked || policy.selection.suppressed.contains(&EntityId(n)) {
                queries.push(EntityQuery {
                    entity: EntityId(n),
                    prelude: Vec::new(),
                    sql: format!("{sql} FROM {table}"),
                    columns,
                    suppressors: self
                        .suppressor
                        .filter(|_| n == 0)
                        .map(str::to_owned)
                        .into_iter()
                        .collect(),
                });
            }
        }
        queries
    }

    pub(crate) fn model(&self, segments: &[Seg], as_of: jiff::Timestamp) -> Model {
        let channels = self
            .channels
            .iter()
            .map(|(name, _)| Channel {
                name: (*name).to_owned(),
                predicate: Predicate::Constant(true),
            })
            .collect();
        let mut entities = vec![entity("customer", "customer_id", Type::Int, channels)];
        if segments.iter().any(|s| s.account) {
            entities.push(entity("account", "account_id", Type::String, Vec::new()));
        }
        Model {
            project: "shop".to_owned(),
            as_of,
            time_zone: jiff::tz::TimeZone::UTC,
            tables: vec![Table {
                source: TableSource::Named(vec!["customers".to_owned()]),
                columns: vec![Column {
                    name: "customer_id".to_owned(),
                    ty: Type::Int,
                    declared: false,
                    is_record: false,
                }],
                span: span(),
                keys: None,
                read_at: None,
            }],
            entities,
            relations: Vec::new(),
            measures: Vec::new(),
            populations: Vec::new(),
            sequences: Vec::new(),
            traits: Vec::new(),
            groups: Vec::new(),
            segments: segments.iter().map(segment).collect(),
            statistics: BTreeMap::new(),
        }
    }
}

fn span() -> Span {
    Span::new(FileId(0), 0, 1)
}

fn col(name: &str) -> Col {
    Col {
        slot: 0,
        name: name.to_owned(),
    }
}

fn column(name: &str, role: Role) -> StageColumn {
    StageColumn {
        name: name.to_owned(),
        role,
        ty: Type::Boolean,
    }
}

fn entity(name: &str, key: &str, key_type: Type, channels: Vec<Channel>) -> Entity {
    Entity {
        name: name.to_owned(),
        frame: Frame {
            slots: vec![Slot {
                name: name.to_owned(),
                table: TableId(0),
                join: None,
            }],
        },
        key: key.to_owned(),
        key_type,
        key_span: span(),
        filter: Vec::new(),
        suppressors: Vec::new(),
        suppress: Vec::new(),
        holdout: None,
        channels,
        span: span(),
    }
}

fn segment(seg: &Seg) -> Segment {
    Segment {
        name: seg.name.clone(),
        kind: SegmentKind::Segment,
        entity: EntityId(u32::from(seg.account)),
        predicate: Predicate::Constant(true),
        expose: seg
            .expose
            .iter()
            .map(|name| Expose::Column(col(name), Type::String))
            .collect(),
        channels: seg.channel.into_iter().collect(),
        suppressed: seg.suppressed,
        held_out: false,
        title: None,
        description: None,
        owner: None,
        tags: vec!["a".to_owned(), "b".to_owned()],
        action: None,
        kpi: None,
        expires_on: None,
        enabled: seg.enabled,
        upkeep: Upkeep {
            size: seg.at_least.map(|min| Size {
                min: Some(min),
                max: None,
                max_share: None,
                span: span(),
            }),
            renamed_from: seg.renamed_from.clone().map(|former| (former, span())),
            ..Upkeep::default()
        },
        definition_hash: format!("{}:{:?}", seg.flag, seg.expose),
        parts: vec![("itself".to_owned(), seg.flag.clone())],
        references: Vec::new(),
        traits: Vec::new(),
        span: span(),
    }
}
