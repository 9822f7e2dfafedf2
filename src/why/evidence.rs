//! Which rows decided a leaf: how many there are in its window, the first and the last of them by time and tie-break key, and
//! the nearest ones on either side of the window. These are measures like any other, added to a copy of the model.

use super::NOWHERE;
use crate::expr::{Agg, Expr, ExprKind, Func, Literal, Type, Unit};
use crate::model::tree::Node;
use crate::model::{
    Atom, Col, EntityExpr, Measure, MeasureId, Model, Relation, RowExpr, Window, words,
};

/// The rows that a leaf's measures are about: those of one relation with one filter and one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    pub relation: String,
    /// "orders (channel = 'web') in [2025-11-02 … 2026-01-31)"
    pub words: String,
    pub inside: Range,
    /// Rows before the window, where it has a beginning.
    pub before: Option<Range>,
    /// Rows after the window and before `as_of`, where it ends earlier.
    pub after: Option<Range>,
    /// Whether the window is all of the past.
    pub ever: bool,
}

/// Some of the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    pub count: EntityExpr,
    /// None where the relation has no time, or these are the rows before.
    pub first: Option<Row>,
    /// None where the relation has no time, or these are the rows after.
    pub last: Option<Row>,
    /// From the nearest row to the window's end on its side: days for dates, else seconds.
    pub gap: Option<EntityExpr>,
}

/// One row, by what puts it in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub time: EntityExpr,
    /// The relation's key, by name.
    pub key: Vec<(String, EntityExpr)>,
}

impl Evidence {
    /// Calls `f` with everything that must be asked.
    pub(super) fn each(&self, f: &mut dyn FnMut(&EntityExpr)) {
        let ranges = std::iter::once(&self.inside)
            .chain(&self.before)
            .chain(&self.after);
        for range in ranges {
            f(&range.count);
            range.gap.iter().for_each(&mut *f);
            for row in range.first.iter().chain(&range.last) {
                f(&row.time);
                row.key.iter().for_each(|(_, value)| f(value));
            }
        }
    }
}

/// What a node's leaf rests on, each set of rows once.
pub(super) fn of(node: &Node, model: &mut Model) -> Vec<Evidence> {
    let mut measures: Vec<Measure> = Vec::new();
    let mut add = |found: Measure| {
        let rows = (found.relation, &found.filter, &found.window);
        if !measures
            .iter()
            .any(|m| (m.relation, &m.filter, &m.window) == rows)
        {
            measures.push(found);
        }
    };
    for value in &node.values {
        value.expr.each_column(&mut |atom| match atom {
            Atom::Measure(id) => {
                model.measures.get(id.index()).cloned().map(&mut add);
            }
            Atom::Sequence(id) => {
                let sequence = model.sequences.get(id.index());
                for step in sequence.iter().flat_map(|s| &s.steps) {
                    add(Measure {
                        relation: step.relation,
                        agg: Agg::Exists,
                        arg: None,
                        filter: step.filter.clone(),
                        window: step.window.clone(),
                        ty: Type::Boolean,
                    });
                }
            }
            // What is compared is a value of its own.
            Atom::Column(_) | Atom::Population(_) => {}
        });
    }
    measures
        .iter()
        .filter_map(|measure| {
            let relation = model.relations.get(measure.relation.index())?.clone();
            Some(evidence(measure, &relation, model))
        })
        .collect()
}

fn evidence(measure: &Measure, relation: &Relation, model: &mut Model) -> Evidence {
    let mut rows = Rows {
        measure,
        relation,
        model,
    };
    let window = &measure.window;
    // What lies after a window that looks ahead is not asked about.
    let until = window
        .until
        .as_ref()
        .filter(|u| Some(*u) != relation.now() && !relation.is_ahead(u));
    let before = window
        .from
        .as_ref()
        .map(|from| rows.beside(from, Agg::Last));
    let after = until.map(|until| rows.beside(until, Agg::First));
    let count = rows.count(window);
    let inside = Range {
        count,
        first: rows.row(Agg::First, window),
        last: rows.row(Agg::Last, window),
        gap: None,
    };
    Evidence {
        relation: relation.name.clone(),
        words: words::counted(rows.model, measure),
        inside,
        ever: before.is_none() && after.is_none(),
        before,
        after,
    }
}

struct Rows<'a> {
    measure: &'a Measure,
    relation: &'a Relation,
    model: &'a mut Model,
}

impl Rows<'_> {
    /// An aggregate over the rows of a window, which the model may have already.
    fn value(&mut self, agg: Agg, arg: Option<RowExpr>, window: &Window, ty: Type) -> EntityExpr {
        let wanted = Measure {
            relation: self.measure.relation,
            agg,
            arg,
            filter: self.measure.filter.clone(),
            window: window.clone(),
            ty: ty.clone(),
        };
        let measures = &mut self.model.measures;
        let at = measures.iter().position(|m| *m == wanted);
        let at = at.unwrap_or_else(|| {
            measures.push(wanted);
            measures.len() - 1
        });
        let id = MeasureId(u32::try_from(at).unwrap_or(u32::MAX));
        Expr::new(ExprKind::Column(Atom::Measure(id)), ty, NOWHERE)
    }

    fn count(&mut self, window: &Window) -> EntityExpr {
        self.value(Agg::Count, None, window, Type::Int)
    }

    /// The first or last row of a window, as `first` and `last` choose it.
    fn row(&mut self, agg: Agg, window: &Window) -> Option<Row> {
        let relation = self.relation;
        let time = relation.time.as_ref()?;
        let arg = Expr::new(ExprKind::Column(time.col.clone()), time.ty.clone(), NOWHERE);
        let time = self.value(agg, Some(arg), window, time.ty.clone());
        let own = relation.frame.slots.first()?.table;
        let columns = self.model.tables.get(own.index())?.columns.clone();
        let key = relation.key.iter().filter_map(|name| {
            let ty = columns.iter().find(|c| c.name == *name)?.ty.clone();
            let col = Col {
                slot: 0,
                name: name.clone(),
            };
            let arg = Expr::new(ExprKind::Column(col), ty.clone(), NOWHERE);
            Some((name.clone(), self.value(agg, Some(arg), window, ty)))
        });
        Some(Row {
            key: key.collect(),
            time,
        })
    }

    /// The rows on the far side of a bound, and the nearest of them.
    fn beside(&mut self, bound: &Literal, nearest: Agg) -> Range {
        let before = nearest == Agg::Last;
        let window = Window {
            from: (!before).then(|| bound.clone()),
            until: before.then(|| bound.clone()),
        };
        let count = self.count(&window);
        let row = self.row(nearest, &window);
        let gap = row.as_ref().map(|row| {
            let ty = row.time.ty.clone();
            let unit = if ty == Type::Date {
                Unit::Day
            } else {
                Unit::Second
            };
            let bound = Expr::literal(bound.clone(), ty, NOWHERE);
            let (from, to) = if before {
                (row.time.clone(), bound)
            } else {
                (bound, row.time.clone())
            };
            Expr::call(Func::DateDiff(unit), vec![from, to], Type::Int, NOWHERE)
        });
        let (first, last) = if before { (None, row) } else { (row, None) };
        Range {
            count,
            first,
            last,
            gap,
        }
    }
}
