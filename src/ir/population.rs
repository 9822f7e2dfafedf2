//! Ranks, population statistics, `top` and `bottom` → window functions over one row per entity.
//!
//! Windows sort whole rows, so they are computed over the key and what is compared alone, and joined to the entity's row by
//! its key: 300 segments on 250,000 customers with 12 of these took 76 CPU seconds when the sorts carried everything.

use super::block::{Aggregate, Block, BlockExpr, Column, Order, Term, Window, WindowFunction};
use super::names::{self, PopulationNames, plain};
use super::places::{
    Place, Places, bucket, cut, float, interpolate, less_one, place, times, top_place, within,
};
use super::predicate::{self, NOWHERE, Row, column, int, test};
use super::select::source;
use super::{Answer, Names, Node, Plan};
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type};
use crate::model::{Atom, Entity, Model, Population, PopulationId};
use crate::spec::population::{First, Fraction, NtileTies, RankTies, Statistic, TopTies};

/// `rank_orders_sum_total`
pub(super) fn name(id: PopulationId, model: &Model) -> String {
    let Some(population) = model.populations.get(id.index()) else {
        return String::new();
    };
    let what = match population.statistic {
        Statistic::Rank { .. } => "rank".to_owned(),
        Statistic::Percentile => "percentile".to_owned(),
        Statistic::Ntile { buckets: 5, .. } => "quintile".to_owned(),
        Statistic::Ntile { buckets: 10, .. } => "decile".to_owned(),
        Statistic::Ntile { buckets, .. } => format!("ntile_{buckets}"),
        Statistic::Top { bottom: false, .. } => "top".to_owned(),
        Statistic::Top { bottom: true, .. } => "bottom".to_owned(),
        Statistic::Aggregate(agg) => format!("all_{}", names::agg_name(agg)),
        Statistic::Quantile(_) => "all_quantile".to_owned(),
    };
    let mut atoms = Vec::new();
    population.of.each_column(&mut |atom| atoms.push(atom));
    let of = match atoms.first() {
        Some(Atom::Column(col)) => plain(&col.name),
        Some(Atom::Measure(id)) => match model.measures.get(id.index()) {
            Some(measure) => names::measure_name(measure, model),
            None => String::new(),
        },
        // References point backwards, so that this ends.
        Some(Atom::Population(of)) if *of < id => name(*of, model),
        Some(Atom::Population(_) | Atom::Sequence(_)) | None => "value".to_owned(),
    };
    format!("{what}_{of}")
}

/// Whether it has a value for every entity.
pub(super) fn never_null(id: PopulationId, model: &Model) -> bool {
    let population = model.populations.get(id.index());
    population.is_some_and(|p| match p.statistic {
        Statistic::Top { .. } | Statistic::Aggregate(Agg::Count | Agg::Sum) => true,
        Statistic::Rank { .. }
        | Statistic::Percentile
        | Statistic::Ntile { .. }
        | Statistic::Aggregate(_)
        | Statistic::Quantile(_) => false,
    })
}

/// Populations of one level of a plan that are computed over the same rows.
pub(super) struct Level<'a> {
    model: &'a Model,
    entity: &'a Entity,
    names: &'a Names,
    key: &'a str,
    /// Whether the rows are those of who is compared; otherwise everybody's, where who is not compared has NULL.
    compared_only: bool,
    populations: Vec<(PopulationId, &'a Population)>,
}

/// A number for everybody is wanted by who is not compared too; a place is not.
fn is_for_everybody(statistic: Statistic) -> bool {
    match statistic {
        Statistic::Aggregate(_) | Statistic::Quantile(_) => true,
        Statistic::Rank { .. }
        | Statistic::Percentile
        | Statistic::Ntile { .. }
        | Statistic::Top { .. } => false,
    }
}

impl<'a> Level<'a> {
    /// All populations of a level: those for everybody together, and those of each kind of value by themselves.
    pub(super) fn all(
        level: &[Node],
        plan: &'a Plan,
        entity: &'a Entity,
        model: &'a Model,
    ) -> Vec<Self> {
        let key = plan.names.answers.get(&Answer::Key);
        let mut found: Vec<Self> = Vec::new();
        for node in level {
            let Node::Population(id) = node else { continue };
            let Some(p) = model.populations.get(id.index()) else {
                continue;
            };
            let compared_only = !is_for_everybody(p.statistic);
            let alike = |l: &Self| {
                l.compared_only == compared_only
                    && (!compared_only
                        || l.populations
                            .iter()
                            .all(|(_, o)| o.of == p.of && o.among == p.among))
            };
            match found.iter_mut().find(|l| alike(l)) {
                Some(same) => same.populations.push((*id, p)),
                None => found.push(Self {
                    model,
                    entity,
                    names: &plan.names,
                    key: key.map_or("", String::as_str),
                    compared_only,
                    populations: vec![(*id, p)],
                }),
            }
        }
        found
    }

    /// Which populations these are.
    pub(super) fn ids(&self) -> impl Iterator<Item = PopulationId> {
        self.populations.iter().map(|(id, _)| *id)
    }

    pub(super) fn row<'b>(&'b self, alias: &'b str) -> Row<'b> {
        Row {
            model: self.model,
            entity: self.entity,
            names: self.names,
            alias,
        }
    }

    /// The names of the first population that compares the same: they share its columns.
    fn names_of(&self, same: impl Fn(&Population) -> bool) -> Option<&'a PopulationNames> {
        let (id, _) = self.populations.iter().find(|(_, p)| same(p))?;
        self.names.populations.get(id)
    }

    /// The column that holds what a population compares.
    fn of_column(&self, p: &Population) -> Option<&'a str> {
        let names = self.names_of(|o| o.of == p.of && o.among == p.among);
        names.map(|n| n.of.as_str())
    }

    fn per_column(&self, p: &Population) -> Option<&'a str> {
        let per = p.per.as_ref()?;
        let names = self.names_of(|o| o.per.as_ref() == Some(per));
        names.map(|n| n.per.as_str())
    }

    /// The blocks from the entity's row to a narrow one: its key and the value of each population.
    pub(super) fn blocks(&self, below: &str, name: &mut dyn FnMut(&str) -> String) -> Vec<Block> {
        let mut blocks = vec![self.inputs(below, name("compared"))];
        let last = |blocks: &[Block]| blocks.last().map_or_else(String::new, |b| b.name.clone());
        blocks.extend(self.places(&last(&blocks), name("places")));
        blocks.extend(self.ends(&last(&blocks), name("quantiles")));
        blocks.push(self.values(&last(&blocks), name("ranks")));
        blocks
    }

    /// The key, who is compared, and by what.
    fn inputs(&self, below: &str, name: String) -> Block {
        let row = self.row(below);
        let mut columns = Columns::default();
        columns.add(
            self.key,
            column(below, self.key, self.entity.key_type.clone()),
        );
        for (_, p) in &self.populations {
            if let Some(name) = self.of_column(p) {
                let of = row.expr(&p.of);
                let of = match &p.among {
                    Some(among) if !self.compared_only => case(row.when(among), of),
                    Some(_) | None => of,
                };
                columns.add(name, of);
            }
            if let (Some(name), Some(per)) = (self.per_column(p), &p.per) {
                columns.add(name, row.expr(per));
            }
        }
        let mut filter = Vec::new();
        if let Some((_, p)) = self.populations.first().filter(|_| self.compared_only) {
            filter.extend(p.among.as_ref().map(|among| row.when(among)));
            if !row.never_null(&p.of) {
                filter.push(test(Func::IsNotNull, vec![row.expr(&p.of)]));
            }
        }
        Block {
            name,
            comment: vec!["who is compared, and by what".to_owned()],
            columns: columns.0,
            from: Some(source(below)),
            filter,
            ..Block::default()
        }
    }

    /// The key and the value of each population.
    fn values(&self, below: &str, name: String) -> Block {
        let mut columns = Columns::default();
        columns.add(
            self.key,
            column(below, self.key, self.entity.key_type.clone()),
        );
        for (id, _) in &self.populations {
            let named = self.names.nodes.get(&Node::Population(*id));
            if let (Some(name), Some(value)) = (named, self.value(*id, below)) {
                columns.add(name, value);
            }
        }
        Block {
            name,
            comment: vec!["ranks and statistics of all, by key".to_owned()],
            columns: columns.0,
            from: Some(source(below)),
            ..Block::default()
        }
    }

    /// Places and how many are compared, for what is cut by shares.
    fn places(&self, below: &str, name: String) -> Option<Block> {
        let mut columns = Columns::default();
        for (_, p) in &self.populations {
            let (Some(place), Some(names)) = (place(p.statistic), self.place_names(p)) else {
                continue;
            };
            let c = self.compared(p, below);
            columns.add(&names.place, c.place(place));
            columns.add(&names.size, c.everybody(Agg::Count, Vec::new(), Type::Int));
        }
        columns.block(name, "who stands where, and among how many", below)
    }

    /// The two values that a quantile lies between.
    fn ends(&self, below: &str, name: String) -> Option<Block> {
        let mut columns = Columns::default();
        for (id, p) in &self.populations {
            if let (Statistic::Quantile(at), Some(places), Some(names)) = (
                p.statistic,
                self.place_names(p),
                self.names.populations.get(id),
            ) {
                let c = self.compared(p, below);
                let row = Places::new(places, below);
                columns.add(&names.low, c.end(Agg::Max, Func::Le, at, &row));
                columns.add(&names.high, c.end(Agg::Min, Func::Ge, at, &row));
            }
        }
        columns.block(name, "the two values that a quantile lies between", below)
    }

    /// The names of the first population that needs the same places.
    fn place_names(&self, p: &Population) -> Option<&'a PopulationNames> {
        self.names_of(|o| {
            place(o.statistic) == place(p.statistic)
                && o.of == p.of
                && o.among == p.among
                && o.per == p.per
        })
    }

    /// The value of a population, over a block that has its inputs.
    fn value(&self, id: PopulationId, below: &str) -> Option<BlockExpr> {
        let (_, p) = self.populations.iter().find(|(i, _)| *i == id)?;
        let c = self.compared(p, below);
        Some(match p.statistic {
            Statistic::Rank { ascending, ties } => {
                let (function, order) = match ties {
                    RankTies::Min => (WindowFunction::Rank, c.by_value(!ascending)),
                    RankTies::Dense => (WindowFunction::DenseRank, c.by_value(!ascending)),
                    RankTies::Break => (WindowFunction::RowNumber, c.by_key(!ascending)),
                };
                c.where_compared(c.ranked(function, &order))
            }
            Statistic::Percentile => {
                let order = c.by_value(false);
                c.where_compared(c.ranked(WindowFunction::PercentRank, &order))
            }
            Statistic::Ntile { buckets, ties } => c.where_compared(match ties {
                NtileTies::Same => bucket(buckets, &self.row_places(p, below)?),
                NtileTies::Break => c.ranked(WindowFunction::Ntile(buckets), &c.by_key(false)),
            }),
            Statistic::Top {
                first,
                bottom,
                ties,
            } => match first {
                First::Count(n) => {
                    let place = c.place(top_place(bottom, ties));
                    c.and_compared(test(Func::Le, vec![place, int(i64::from(n))]))
                }
                First::Share(share) => {
                    c.and_compared(within(share.into(), &self.row_places(p, below)?))
                }
            },
            Statistic::Aggregate(agg) => {
                let value = c.everybody(agg, Vec::new(), p.ty.clone());
                match (agg, predicate::no_rows(agg, &p.ty)) {
                    (Agg::Count, _) | (_, None) => value,
                    (_, Some(empty)) => {
                        Expr::call(Func::Coalesce, vec![value, empty], p.ty.clone(), p.of.at)
                    }
                }
            }
            Statistic::Quantile(at) => {
                let names = self.names.populations.get(&id)?;
                let end = |name: &str| float(column(below, name, p.of.ty.clone()));
                let places = self.row_places(p, below)?;
                interpolate(end(&names.low), end(&names.high), at, &places)
            }
        })
    }

    fn row_places<'b>(&'b self, p: &Population, below: &'b str) -> Option<Places<'b>> {
        Some(Places::new(self.place_names(p)?, below))
    }

    fn compared(&self, p: &'a Population, alias: &str) -> Compared<'a> {
        let row = self.row(alias);
        let name = self.of_column(p).unwrap_or_default();
        let value = column(alias, name, p.of.ty.clone());
        let per = p.per.as_ref().map(|per| {
            let name = self.per_column(p).unwrap_or_default();
            column(alias, name, per.ty.clone())
        });
        Compared {
            population: p,
            key: column(alias, self.key, self.entity.key_type.clone()),
            nullable: !self.compared_only && (p.among.is_some() || !row.never_null(&p.of)),
            value,
            per,
        }
    }
}

/// Columns that a block adds, each once.
#[derive(Default)]
struct Columns(Vec<Column>);

impl Columns {
    fn add(&mut self, name: &str, value: BlockExpr) {
        if self.0.iter().all(|c| c.name != name) {
            self.0.push(Column {
                name: name.to_owned(),
                value,
                comment: None,
            });
        }
    }

    fn block(self, name: String, comment: &str, below: &str) -> Option<Block> {
        (!self.0.is_empty()).then(|| Block {
            name,
            comment: vec![comment.to_owned()],
            all_of: Some(below.to_owned()),
            columns: self.0,
            from: Some(source(below)),
            ..Block::default()
        })
    }
}

/// `case when … then … end`
pub(super) fn case(when: BlockExpr, then: BlockExpr) -> BlockExpr {
    let ty = then.ty.clone();
    let null = Expr::literal(Literal::Null, ty.clone(), NOWHERE);
    let kind = ExprKind::Case {
        whens: vec![(when, then)],
        otherwise: Box::new(null),
    };
    Expr::new(kind, ty, NOWHERE)
}

/// What one population compares, as columns of a block.
struct Compared<'a> {
    population: &'a Population,
    /// NULL for who is not compared.
    value: BlockExpr,
    /// Whether there may be such.
    nullable: bool,
    per: Option<BlockExpr>,
    key: BlockExpr,
}

impl Compared<'_> {
    fn by_value(&self, descending: bool) -> Vec<Order> {
        vec![Order {
            by: self.value.clone(),
            descending,
        }]
    }

    fn by_key(&self, descending: bool) -> Vec<Order> {
        let mut order = self.by_value(descending);
        order.push(Order {
            by: self.key.clone(),
            descending: false,
        });
        order
    }

    fn window(
        &self,
        function: WindowFunction,
        partition: Vec<BlockExpr>,
        order: &[Order],
        ty: Type,
    ) -> BlockExpr {
        let window = Window {
            function,
            partition,
            order: order.to_vec(),
        };
        let kind = ExprKind::Column(Term::Window(Box::new(window)));
        Expr::new(kind, ty, self.population.of.at)
    }

    /// Over those who are compared; of the others nothing sensible.
    fn ranked(&self, function: WindowFunction, order: &[Order]) -> BlockExpr {
        let mut partition: Vec<BlockExpr> = self.per.iter().cloned().collect();
        if self.nullable {
            partition.push(test(Func::IsNull, vec![self.value.clone()]));
        }
        let ty = match function {
            WindowFunction::PercentRank => Type::Float,
            WindowFunction::RowNumber
            | WindowFunction::Rank
            | WindowFunction::DenseRank
            | WindowFunction::Ntile(_)
            | WindowFunction::CountUpTo
            | WindowFunction::Aggregate(_) => Type::Int,
            WindowFunction::SmallestAfter(ref value) => value.ty.clone(),
        };
        self.window(function, partition, order, ty)
    }

    fn where_compared(&self, value: BlockExpr) -> BlockExpr {
        if self.nullable {
            case(test(Func::IsNotNull, vec![self.value.clone()]), value)
        } else {
            value
        }
    }

    /// An aggregate of the values of the group, whether this entity is compared or not.
    fn everybody(&self, agg: Agg, filter: Vec<BlockExpr>, ty: Type) -> BlockExpr {
        let aggregate = Aggregate {
            agg,
            arg: Some(self.value.clone()),
            filter,
        };
        let partition = self.per.iter().cloned().collect();
        self.window(WindowFunction::Aggregate(aggregate), partition, &[], ty)
    }

    fn place(&self, place: Place) -> BlockExpr {
        let Place { ties, descending } = place;
        let (function, order) = match ties {
            TopTies::Break => (WindowFunction::RowNumber, self.by_key(descending)),
            TopTies::Include => (WindowFunction::Rank, self.by_value(descending)),
            TopTies::Exclude => (WindowFunction::CountUpTo, self.by_value(descending)),
        };
        self.ranked(function, &order)
    }

    fn and_compared(&self, condition: BlockExpr) -> BlockExpr {
        if self.nullable {
            let compared = test(Func::IsNotNull, vec![self.value.clone()]);
            test(Func::And, vec![compared, condition])
        } else {
            condition
        }
    }

    /// The largest value up to a quantile's cut, or the smallest from there on.
    fn end(&self, agg: Agg, func: Func, at: Fraction, row: &Places<'_>) -> BlockExpr {
        let place = times(less_one(row.place()), at.denominator);
        let side = test(func, vec![place, cut(at, row)]);
        self.everybody(agg, vec![side], self.population.of.ty.clone())
    }
}
