//! Where somebody stands among those a leaf compares: the place, among how many, and who is the last that is taken. These are
//! populations like any other, added to a copy of the model.

use super::NOWHERE;
use crate::expr::{Agg, Expr, ExprKind, Type};
use crate::model::lineage::each_leaf;
use crate::model::tree::{Kind, Node};
use crate::model::{Atom, EntityExpr, Model, Population, PopulationId, Predicate, words};
use crate::spec::population::{NtileTies, RankTies, Statistic, TopTies};

/// What a comparison with others makes of one entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// "rank by x, largest first, per country"
    pub words: String,
    /// How many are compared, in the entity's own part of them where the comparison is per something.
    pub compared: EntityExpr,
    /// 1 is the first; NULL for who is not compared.
    pub place: EntityExpr,
    /// Of `top` and `bottom`.
    pub cut: Option<Cut>,
}

/// Where a list of the first ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// How many are taken.
    pub taken: EntityExpr,
    /// What the last of them has.
    pub last: EntityExpr,
}

impl Standing {
    /// Calls `f` with everything that must be asked.
    pub(super) fn each(&self, f: &mut dyn FnMut(&EntityExpr)) {
        f(&self.compared);
        f(&self.place);
        if let Some(cut) = &self.cut {
            f(&cut.taken);
            f(&cut.last);
        }
    }
}

/// Where one stands in each comparison that a node's leaf makes.
pub(super) fn of(node: &Node, model: &mut Model) -> Vec<Standing> {
    if node.kind != Kind::Leaf {
        return Vec::new();
    }
    let mut ids = Vec::new();
    each_leaf(&node.predicate, &mut |leaf| {
        leaf.each_column(&mut |atom| match atom {
            Atom::Population(id) if !ids.contains(id) => ids.push(*id),
            Atom::Population(_) | Atom::Column(_) | Atom::Measure(_) | Atom::Sequence(_) => {}
        });
    });
    ids.into_iter()
        .filter_map(|id| standing(id, model))
        .collect()
}

/// None for what is one number for everybody.
fn standing(id: PopulationId, model: &mut Model) -> Option<Standing> {
    let of = model.populations.get(id.index())?.clone();
    let mut add = |statistic, among: Option<Predicate>, ty: Type| {
        let wanted = Population {
            statistic,
            among,
            ty,
            ..of.clone()
        };
        population(wanted, model)
    };
    let (ascending, ties) = match of.statistic {
        // Dense ranks are no places among so many.
        Statistic::Rank { ascending, ties } => match ties {
            RankTies::Min | RankTies::Dense => (ascending, RankTies::Min),
            RankTies::Break => (ascending, RankTies::Break),
        },
        Statistic::Ntile { ties, .. } => match ties {
            NtileTies::Same => (true, RankTies::Min),
            NtileTies::Break => (true, RankTies::Break),
        },
        Statistic::Percentile => (true, RankTies::Min),
        Statistic::Top { bottom, ties, .. } => match ties {
            TopTies::Break => (bottom, RankTies::Break),
            TopTies::Include | TopTies::Exclude => (bottom, RankTies::Min),
        },
        Statistic::Aggregate(_) | Statistic::Quantile(_) => return None,
    };
    let compared = add(
        Statistic::Aggregate(Agg::Count),
        of.among.clone(),
        Type::Int,
    );
    let place = add(
        Statistic::Rank { ascending, ties },
        of.among.clone(),
        Type::Int,
    );
    let cut = match of.statistic {
        Statistic::Top { bottom, .. } => {
            let taken = Some(Predicate::Leaf(column(id, of.ty.clone())));
            let last = if bottom { Agg::Max } else { Agg::Min };
            Some(Cut {
                taken: add(Statistic::Aggregate(Agg::Count), taken.clone(), Type::Int),
                last: add(Statistic::Aggregate(last), taken, of.of.ty.clone()),
            })
        }
        Statistic::Rank { .. }
        | Statistic::Percentile
        | Statistic::Ntile { .. }
        | Statistic::Aggregate(_)
        | Statistic::Quantile(_) => None,
    };
    let itself = column(id, of.ty.clone());
    Some(Standing {
        words: words::value(model, of.entity, &itself),
        compared,
        place,
        cut,
    })
}

/// A population, which the model may have already.
fn population(wanted: Population, model: &mut Model) -> EntityExpr {
    let ty = wanted.ty.clone();
    let populations = &mut model.populations;
    let at = populations.iter().position(|p| *p == wanted);
    let at = at.unwrap_or_else(|| {
        populations.push(wanted);
        populations.len() - 1
    });
    column(PopulationId(u32::try_from(at).unwrap_or(u32::MAX)), ty)
}

fn column(id: PopulationId, ty: Type) -> EntityExpr {
    Expr::new(ExprKind::Column(Atom::Population(id)), ty, NOWHERE)
}
