//! A shop made by hand: customers, their orders, the orders' items, products.

use segc::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use segc::model::*;
use segc::source::{At, FileId, Span};
use segc::spec::population::Statistic;
use std::collections::BTreeMap;

pub(crate) const SPAN: Span = Span {
    file: FileId(0),
    start: 0,
    end: 0,
};
pub(crate) const ORDERS: RelationId = RelationId(0);
pub(crate) const ITEMS: RelationId = RelationId(1);
pub(crate) const AS_OF: &str = "2026-01-31T09:00:00Z";

pub(crate) struct Shop(Model);

pub(crate) fn decimal() -> Type {
    Type::Decimal {
        precision: 12,
        scale: 2,
    }
}

fn table(name: &str, columns: &[(&str, Type)]) -> Table {
    Table {
        source: TableSource::Named(vec![name.to_owned()]),
        columns: columns
            .iter()
            .map(|(name, ty)| Column {
                name: (*name).to_owned(),
                ty: ty.clone(),
                declared: true,
                is_record: false,
            })
            .collect(),
        span: SPAN,
        keys: None,
        read_at: None,
    }
}

fn slot(name: &str, table: u32, join: Option<(usize, &str, JoinKind)>) -> Slot {
    Slot {
        name: name.to_owned(),
        table: TableId(table),
        join: join.map(|(from, on, kind)| SlotJoin {
            from,
            on: vec![(on.to_owned(), on.to_owned())],
            kind,
            span: SPAN,
        }),
    }
}

fn col(slot: usize, name: &str) -> Col {
    Col {
        slot,
        name: name.to_owned(),
    }
}

pub(crate) fn lit<C>(value: Literal, ty: Type) -> Expr<C> {
    Expr::literal(value, ty, At(SPAN))
}

pub(crate) fn int(n: i64) -> EntityExpr {
    lit(Literal::Int(n), Type::Int)
}

pub(crate) fn int_row(n: i64) -> RowExpr {
    lit(Literal::Int(n), Type::Int)
}

pub(crate) fn text<C>(s: &str) -> Expr<C> {
    lit(Literal::String(s.to_owned()), Type::String)
}

pub(crate) fn call<C>(func: Func, args: Vec<Expr<C>>, ty: Type) -> Expr<C> {
    Expr::call(func, args, ty, At(SPAN))
}

pub(crate) fn eq<C>(a: Expr<C>, b: Expr<C>) -> Expr<C> {
    call(Func::Eq, vec![a, b], Type::Boolean)
}

pub(crate) fn ge<C>(a: Expr<C>, b: Expr<C>) -> Expr<C> {
    call(Func::Ge, vec![a, b], Type::Boolean)
}

pub(crate) fn leaf(e: EntityExpr) -> Predicate {
    Predicate::Leaf(e)
}

pub(crate) trait Conditions: Sized {
    fn into_leaf(self) -> Predicate;
    fn and_also(self, other: EntityExpr) -> Predicate {
        Predicate::All(vec![self.into_leaf(), leaf(other)])
    }
}

impl Conditions for EntityExpr {
    fn into_leaf(self) -> Predicate {
        leaf(self)
    }
}

impl Conditions for Predicate {
    fn into_leaf(self) -> Predicate {
        self
    }
}

impl Shop {
    pub(crate) fn new() -> Self {
        let as_of: jiff::Timestamp = AS_OF.parse().expect("an instant");
        let tables = vec![
            table(
                "customers",
                &[
                    ("customer_id", Type::Int),
                    ("country", Type::String),
                    ("age", Type::Int),
                ],
            ),
            table(
                "orders",
                &[
                    ("order_id", Type::Int),
                    ("customer_id", Type::Int),
                    ("ordered_at", Type::Timestamp),
                    ("channel", Type::String),
                    ("status", Type::String),
                    ("total", decimal()),
                ],
            ),
            table(
                "order_items",
                &[
                    ("order_id", Type::Int),
                    ("product_id", Type::Int),
                    ("quantity", Type::Int),
                ],
            ),
            table(
                "products",
                &[("product_id", Type::Int), ("category", Type::String)],
            ),
        ];
        let bound = Literal::Timestamp(as_of);
        let time = |slot| TimeColumn {
            col: col(slot, "ordered_at"),
            ty: Type::Timestamp,
        };
        let paid = |slot| {
            let status = Expr::new(
                ExprKind::Column(col(slot, "status")),
                Type::String,
                At(SPAN),
            );
            call(Func::Ne, vec![status, text("cancelled")], Type::Boolean)
        };
        let owner = |slot| vec![("customer_id".to_owned(), col(slot, "customer_id"))];
        let orders = Relation {
            name: "orders".to_owned(),
            entity: EntityId(0),
            frame: Frame {
                slots: vec![slot("orders", 1, None)],
            },
            owner: owner(0),
            key: vec!["order_id".to_owned()],
            time: Some(time(0)),
            filter: vec![paid(0)],
            past: vec![(time(0), bound.clone())],
            future: false,
            role: RelationRole::Declared,
            span: SPAN,
        };
        let items = Relation {
            name: "items".to_owned(),
            entity: EntityId(0),
            frame: Frame {
                slots: vec![
                    slot("items", 2, None),
                    slot("orders", 1, Some((0, "order_id", JoinKind::Parent))),
                    slot("product", 3, Some((0, "product_id", JoinKind::Lookup))),
                ],
            },
            owner: owner(1),
            key: Vec::new(),
            time: Some(time(1)),
            filter: vec![paid(1)],
            past: vec![(time(1), bound)],
            future: false,
            role: RelationRole::Declared,
            span: SPAN,
        };
        Self(Model {
            project: "shop".to_owned(),
            as_of,
            time_zone: jiff::tz::TimeZone::UTC,
            tables,
            entities: vec![Entity {
                name: "customer".to_owned(),
                frame: Frame {
                    slots: vec![slot("customer", 0, None)],
                },
                key: "customer_id".to_owned(),
                key_type: Type::Int,
                key_span: SPAN,
                filter: Vec::new(),
                suppressors: Vec::new(),
                suppress: Vec::new(),
                holdout: None,
                channels: Vec::new(),
                span: SPAN,
            }],
            relations: vec![orders, items],
            measures: Vec::new(),
            populations: Vec::new(),
            sequences: Vec::new(),
            traits: Vec::new(),
            groups: Vec::new(),
            segments: Vec::new(),
            statistics: BTreeMap::new(),
        })
    }

    pub(crate) fn model(self) -> Model {
        self.0
    }

    pub(crate) fn zone(&mut self, name: &str) {
        self.0.time_zone = jiff::tz::TimeZone::get(name).expect("a zone");
    }

    fn relation(&self, relation: RelationId) -> &Relation {
        &self.0.relations[relation.index()]
    }

    /// A column of a relation's frame, by the first slot that has it.
    pub(crate) fn col(&self, relation: RelationId, name: &str) -> RowExpr {
        let slots = &self.relation(relation).frame.slots;
        let found = slots.iter().enumerate().find_map(|(n, s)| {
            let columns = &self.0.tables[s.table.index()].columns;
            columns
                .iter()
                .find(|c| c.name == name)
                .map(|c| (n, c.ty.clone()))
        });
        let (slot, ty) = found.expect("a column of the fixture");
        Expr::new(ExprKind::Column(col(slot, name)), ty, At(SPAN))
    }

    pub(crate) fn call(&self, func: Func, args: Vec<RowExpr>) -> RowExpr {
        call(func, args, Type::Boolean)
    }

    pub(crate) fn attribute(&self, name: &str) -> EntityExpr {
        let columns = &self.0.tables[0].columns;
        let ty = columns
            .iter()
            .find(|c| c.name == name)
            .expect("an attribute")
            .ty
            .clone();
        Expr::new(ExprKind::Column(Atom::Column(col(0, name))), ty, At(SPAN))
    }

    pub(crate) fn all_time(&self) -> Window {
        Window {
            from: None,
            until: Some(Literal::Timestamp(self.0.as_of)),
        }
    }

    pub(crate) fn back(&self, days: i64) -> Literal {
        let back = jiff::SignedDuration::from_hours(24 * days);
        Literal::Timestamp(self.0.as_of.checked_sub(back).expect("in range"))
    }

    pub(crate) fn days(&self, days: i64) -> Window {
        Window {
            from: Some(self.back(days)),
            ..self.all_time()
        }
    }

    /// Content-addressed, as `model` makes them.
    pub(crate) fn measure(
        &mut self,
        relation: RelationId,
        agg: Agg,
        arg: Option<RowExpr>,
        filter: Vec<RowExpr>,
        window: Window,
    ) -> MeasureId {
        let of = arg.as_ref().map_or(Type::Int, |a| a.ty.clone());
        let ty = match agg {
            Agg::Count | Agg::CountDistinct => Type::Int,
            Agg::Exists => Type::Boolean,
            Agg::Avg | Agg::Median | Agg::Stddev => Type::Float,
            Agg::Sum if of == decimal() => Type::Decimal {
                precision: 38,
                scale: 2,
            },
            Agg::ListDistinct => Type::Array(Box::new(of)),
            _ => of,
        };
        let measure = Measure {
            relation,
            agg,
            arg,
            filter,
            window,
            ty,
        };
        let known = self.0.measures.iter().position(|m| *m == measure);
        let at = known.unwrap_or_else(|| {
            self.0.measures.push(measure);
            self.0.measures.len() - 1
        });
        MeasureId(u32::try_from(at).expect("few"))
    }

    pub(crate) fn value(&self, id: MeasureId) -> EntityExpr {
        let ty = self.0.measures[id.index()].ty.clone();
        Expr::new(ExprKind::Column(Atom::Measure(id)), ty, At(SPAN))
    }

    /// A population that compares a measure, to be filled in.
    pub(crate) fn compared(&self, of: MeasureId, ty: Type) -> Population {
        Population {
            entity: EntityId(0),
            statistic: Statistic::Percentile,
            of: self.value(of),
            among: None,
            per: None,
            ty,
        }
    }

    pub(crate) fn population(&mut self, population: Population) -> EntityExpr {
        let id = PopulationId(u32::try_from(self.0.populations.len()).expect("few"));
        let ty = population.ty.clone();
        self.0.populations.push(population);
        Expr::new(ExprKind::Column(Atom::Population(id)), ty, At(SPAN))
    }

    pub(crate) fn trait_(&mut self, name: &str, value: EntityExpr) {
        self.0.traits.push(Trait {
            name: name.to_owned(),
            entity: EntityId(0),
            value,
            description: None,
            owner: None,
            tags: Vec::new(),
            definition_hash: String::new(),
            span: SPAN,
        });
    }

    pub(crate) fn group(
        &mut self,
        name: &str,
        cases: Vec<(&str, Predicate)>,
        otherwise: &str,
    ) -> GroupId {
        let id = GroupId(u32::try_from(self.0.groups.len()).expect("few"));
        let cases: Vec<_> = cases.into_iter().map(|(n, p)| (n.to_owned(), p)).collect();
        let mut names: Vec<String> = cases.iter().map(|(n, _)| n.clone()).collect();
        names.push(otherwise.to_owned());
        self.0.groups.push(Group {
            name: name.to_owned(),
            entity: EntityId(0),
            cases,
            otherwise: Some(otherwise.to_owned()),
            span: SPAN,
        });
        for (case, n) in names.iter().enumerate() {
            self.segment(&format!("{name}.{n}"), Predicate::Case { group: id, case });
        }
        id
    }

    pub(crate) fn suppress(&mut self, p: Predicate) {
        self.0.entities[0].suppress.push(p);
    }

    pub(crate) fn segment(&mut self, name: &str, predicate: Predicate) -> SegmentId {
        self.0.segments.push(Segment {
            name: name.to_owned(),
            kind: SegmentKind::Segment,
            entity: EntityId(0),
            predicate,
            expose: Vec::new(),
            channels: Vec::new(),
            suppressed: true,
            held_out: false,
            title: None,
            description: None,
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
            span: SPAN,
        });
        SegmentId(u32::try_from(self.0.segments.len() - 1).expect("few"))
    }
}
